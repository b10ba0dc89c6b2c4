/** A process that runs an agent and is killed by a test while the run waits for a person. */
import { dirname } from 'node:path';
import { exampleAgents } from '../../examples/support/example-agent.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { AgentEnvironment } from '../../src/ports/provider.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';

/** What a test tells it to do; it answers with the id of the run. */
export interface KilledOrder {
  readonly store: string;
  readonly cwd: string;
  readonly agent: string;
  readonly environment: AgentEnvironment;
}

process.on('message', ({ store, cwd, agent, environment }: KilledOrder) => {
  // What a killed process leaves behind goes with the room.
  process.env['TMPDIR'] = dirname(store);
  const start = async (): Promise<string> => {
    const manager = await createSessionManager({
      store: sqliteStore(store),
      providers: exampleAgents.filter(({ name }) => name === agent).map((one) => one.provider()),
      approvals: {},
      times: { lease: 1_000 },
    });
    const session = await manager.createSession({ cwd, provider: agent });
    return (await session.run('Make a file', { environment, detached: true })).id;
  };
  void start().then((runId) => process.send?.({ runId }));
});
