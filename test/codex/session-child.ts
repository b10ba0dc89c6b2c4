/** Runs once in a session with Codex, says so, and lives on with the session's server. */
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';

process.on('message', ({ cwd, set }: { readonly cwd: string; readonly set: Record<string, string> }) => {
  void (async () => {
    const manager = await createSessionManager({ store: memoryStore(), providers: [codex()] });
    const session = await manager.createSession({ cwd });
    const run = await session.run('Begin.', { environment: { set } });
    const { status } = await run.result;
    process.send?.({ status });
  })();
});
