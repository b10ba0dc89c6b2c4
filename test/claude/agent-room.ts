import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import type { ClaudeNative, ClaudeOptions } from '../../src/providers/claude/options.ts';

export interface RoomRun extends CollectedRun {
  readonly host: TestHost;
  readonly cookie: string;
  /** The outcome; rejects with what the run threw. */
  outcome(): Promise<RunOutcome>;
}

export interface RoomRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<ClaudeNative>> & { readonly text?: string };
  readonly provider?: ClaudeOptions;
  /** Changes of the agent's variables. */
  readonly variables?: { readonly [name: string]: string };
  readonly retries?: number;
}

/** A real Claude Code's surroundings: a scripted model, a home and a working folder of its own. */
export interface AgentRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  /** Starts a run. Its agent is ended with the room at the latest. */
  run(options?: RoomRunOptions): RoomRun;
}

export async function openAgentRoom(script: ModelScript): Promise<AgentRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-claude-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const runs: RoomRun[] = [];
  return {
    server,
    home,
    cwd,
    run({ request, provider, variables, retries, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const set = {
        ...claudeEnvironment(server, { home, ...(retries === undefined ? {} : { retries }) }),
        ...variables,
      };
      const full = createRunRequest<ClaudeNative>({ cwd, environment: { set }, ...request });
      const collected = collectRun(claude(provider), full, host);
      const run: RoomRun = {
        ...collected,
        // How long a test may take is for its runner to say.
        waitFor: (predicate, timeout = 300_000) => collected.waitFor(predicate, timeout),
        host,
        cookie: full.cookie,
        async outcome() {
          const { outcome, error } = await collected.ended;
          if (outcome === undefined) throw error;
          return outcome;
        },
      };
      runs.push(run);
      return run;
    },
    async [Symbol.asyncDispose]() {
      for (const run of runs) run.host.cancel();
      await Promise.all(runs.map((run) => run.ended));
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** One call of the agent's shell tool. */
export function bash(command: string): {
  readonly name: string;
  readonly input: { readonly command: string; readonly description: string };
} {
  return { name: 'Bash', input: { command, description: 'A command' } };
}
