import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { bash } from '../claude/agent-room.ts';
import { actingStore } from '../manager/acting-store.ts';
import { openAgentRoom } from './agent-room.ts';
import { signedInEnvironment } from './signed-in-claude.ts';

describe('the agent of a one-off run', () => {
  it('has gone when the result is told, and what it left behind, too', async () => {
    await using room = await openAgentRoom([
      { text: 'fine' },
      { tools: [bash('setsid sleep 600 > /dev/null 2>&1 & touch begun')] },
      { text: 'left' },
    ]);
    const store = memoryStore();
    const provider = acp({ preset: 'claude-agent-acp' });
    await using manager = await createSessionManager({ store, providers: [provider] });
    const environment = { set: await signedInEnvironment(room.server, room.home) };
    const permissionMode = 'dangerously_skip_permissions';
    for (const output of ['fine', 'left']) {
      const run = await manager.runOnce('Go.', { cwd: room.cwd, environment, permissionMode });
      expect(run).toMatchObject({ status: 'completed', output });
      expect(await processesWithCookie((await store.run(run.runId))?.cookie ?? '')).toEqual([]);
    }
    expect(existsSync(join(room.cwd, 'begun'))).toBe(true);
  });

  it('starts while the start of the run is stored, and ends with it if that fails', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const { store: acting, actAt, fail } = actingStore(memoryStore());
    let cookie = '';
    const store: SessionStore = {
      ...acting,
      async commit(change, options) {
        for (const run of change.runs ?? []) if ('create' in run) cookie = run.create.cookie ?? '';
        return await acting.commit(change, options);
      },
    };
    actAt(1, async () => {
      await expect.poll(() => processesWithCookie(cookie)).toHaveLength(1);
      fail();
    });
    const provider = acp({ preset: 'claude-agent-acp' });
    await using manager = await createSessionManager({ store, providers: [provider] });
    const environment = { set: await signedInEnvironment(room.server, room.home) };
    const refused = manager.runOnce('Go.', { cwd: room.cwd, environment });
    await expect(refused).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await processesWithCookie(cookie)).toEqual([]);
    expect(room.server.requests).toHaveLength(0);
  });
});
