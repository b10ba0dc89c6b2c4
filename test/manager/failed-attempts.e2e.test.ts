import { expect, test } from 'vitest';
import { AsmError } from '../../src/domain/error.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { startProcessGroup } from '../../src/process/process-group.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { probeEnvironment, until, withCookie } from '../process/process-probe.ts';

test('what an attempt left running is ended before the next one begins', async () => {
  let tries = 0;
  let before: readonly number[] = [];
  let after: readonly number[] = [];
  const provider = scriptedProvider(async ({ request: { cookie } }) => {
    if (tries++ > 0) {
      after = withCookie(cookie);
      return [{ say: 'alone' }];
    }
    await startProcessGroup({
      command: 'sh',
      arguments: ['-c', '(setsid sleep 61 &); exec sleep 60'],
      cwd: '/',
      environment: probeEnvironment(cookie),
    });
    await until('the daemon', () => withCookie(cookie).length >= 2);
    before = withCookie(cookie);
    return [{ fail: new AsmError('agent_crashed', 'It left without them.') }];
  });
  await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
  const result = await manager.runOnce('go', { cwd: '/', retry: { tries: 2, delay: 0 } });
  expect(result).toMatchObject({ status: 'completed', output: 'alone' });
  expect(before.length).toBeGreaterThanOrEqual(2);
  expect(after).toEqual([]);
});
