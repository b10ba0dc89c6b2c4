// Tries to work in a folder that may not be read, and prints the code of each refusal.
import { asAsmError } from '../../src/domain/error.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';

const [cwd = '', home = ''] = process.argv.slice(2);

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  return await work().then(
    () => 'none',
    (thrown: unknown) => asAsmError(thrown).code,
  );
}

const environment = { set: { HOME: home, AMP_API_KEY: 'scripted', ANTHROPIC_API_KEY: 'scripted' } };
const codes: Record<string, string> = {};
for (const provider of [claude(), codex(), amp(), acp({ command: process.execPath })]) {
  await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
  const session = await manager.createSession();
  codes[`${provider.name}, managed`] = await codeOf(() => session.run('go', { cwd, environment }));
  const alone = provider.run(createRunRequest({ cwd, environment }), createTestHost());
  codes[provider.name] = await codeOf(() => alone.next());
}
console.log(JSON.stringify(codes));
