/** A process that runs Claude Code and is killed by a test while the run waits for a person. */
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { AgentEnvironment } from '../../src/ports/provider.ts';
import { claude } from '../../src/providers/claude/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';

/** What a test tells it to do; it answers with the id of the run. */
export interface ApprovalOrder {
  readonly store: string;
  readonly cwd: string;
  readonly environment: AgentEnvironment;
}

process.on('message', (order: ApprovalOrder) => {
  const start = async (): Promise<string> => {
    const manager = await createSessionManager({
      store: sqliteStore(order.store),
      providers: [claude()],
      approvals: {},
      times: { lease: 1_000 },
    });
    const session = await manager.createSession({ cwd: order.cwd });
    return (await session.run('Make a file', { environment: order.environment, detached: true })).id;
  };
  void start().then((runId) => process.send?.({ runId }));
});
