import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provider } from '../../src/ports/provider.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { createTestClock } from '../../src/testing/deterministic-clock.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelToolUse } from '../../src/testing/model-server/model-turn.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';

/** A real agent that is watched. */
export interface WatchedAgent {
  readonly name: string;
  /** The last that it tells of an answer that breaks off after its text, if it tells any of it. */
  readonly lastOfText?: 'message_streamed' | 'message_received';
  /** True: told something, it gives up a silent answer of its model and asks once more. */
  readonly asksAgain: boolean;
  provider(): Provider;
  environment(model: ModelServer, home: string): { readonly [name: string]: string };
  /** A command as its model calls for it, with a remark where the agent's tool takes one. */
  bash(command: string, remark: string): ModelToolUse;
}

export const watchedAgents: readonly WatchedAgent[] = [
  {
    name: 'claude',
    lastOfText: 'message_received',
    asksAgain: false,
    provider: () => claude(),
    environment: (model, home) => claudeEnvironment(model, { home }),
    bash: (command, description) => ({ name: 'Bash', input: { command, description } }),
  },
  {
    name: 'codex',
    lastOfText: 'message_streamed',
    asksAgain: false,
    provider: () => codex(),
    environment: (model, home) => codexEnvironment(model, { home }),
    bash: (cmd) => ({ name: 'exec_command', input: { cmd } }),
  },
  {
    name: 'amp',
    asksAgain: true,
    provider: () => amp(),
    environment: (model, home) => ampEnvironment(model, { home }),
    bash: (cmd) => ({ name: 'Bash', input: { cmd } }),
  },
];

/** A real agent and its scripted model, in a manager on a clock that stands still. */
export async function openWatchedRoom(agent: WatchedAgent, script: ModelScript) {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-watch-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const clock = createTestClock();
  const store = memoryStore();
  const manager = await createSessionManager({
    store,
    providers: [agent.provider()],
    clock,
    limits: { idle: 0 },
    deltas: 'each',
  });
  const session = await manager.createSession({ cwd });
  return {
    server,
    clock,
    store,
    session,
    run: async (options: CommonRunOptions) =>
      await session.run('Do it.', {
        permissionMode: 'full_auto',
        environment: { set: agent.environment(server, home) },
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await manager.close();
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
