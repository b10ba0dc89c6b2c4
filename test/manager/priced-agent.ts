import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleAgents, type ExampleAgent } from '../../examples/support/example-agent.ts';
import { scriptFor, type ExampleTurn } from '../../examples/support/example-script.ts';
import type { SessionManagerOptions } from '../../src/manager/manager-options.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';

/** A manager with one real agent, whose model is scripted. */
export interface PricedAgent extends AsyncDisposable {
  readonly manager: SessionManager;
  readonly server: ModelServer;
  readonly agent: ExampleAgent;
  /** For every run: where the agent works and finds its model; its tools run without questions. */
  readonly run: CommonRunOptions;
  say(turns: readonly ExampleTurn[]): void;
}

export async function openPricedAgent(
  name: string,
  options: Partial<SessionManagerOptions> = {},
): Promise<PricedAgent> {
  const agent = exampleAgents.find((known) => known.name === name);
  if (agent === undefined) throw new Error(`There is no agent ${name}.`);
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-priced-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer();
  const manager = await createSessionManager({
    store: memoryStore(),
    providers: [agent.provider()],
    ...options,
  });
  return {
    manager,
    server,
    agent,
    run: { cwd, permissionMode: 'full_auto', environment: { set: agent.environment(server, home) } },
    say: (turns) => server.setScript(scriptFor(agent, turns)),
    async [Symbol.asyncDispose]() {
      await manager.close();
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
