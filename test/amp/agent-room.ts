import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import type { ModelToolUse } from '../../src/testing/model-server/model-turn.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import type { AmpNative, AmpOptions } from '../../src/providers/amp/options.ts';

export interface RoomRun extends CollectedRun {
  readonly host: TestHost;
  readonly cookie: string;
  /** The outcome; rejects with what the run threw. */
  outcome(): Promise<RunOutcome>;
}

export interface RoomRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<AmpNative>> & { readonly text?: string };
  readonly provider?: AmpOptions;
  /** Changes of the agent's variables. */
  readonly variables?: { readonly [name: string]: string };
}

/** A real Amp's surroundings: a scripted model, a home and a working folder of its own. */
export interface AgentRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  /** Starts a run. Its agent is ended with the room at the latest. */
  run(options?: RoomRunOptions): RoomRun;
}

export async function openAgentRoom(script: ModelScript): Promise<AgentRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-amp-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const runs: RoomRun[] = [];
  return {
    server,
    home,
    cwd,
    run({ request, provider, variables, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const set = { ...ampEnvironment(server, { home }), ...variables };
      const full = createRunRequest<AmpNative>({ cwd, environment: { set }, ...request });
      const collected = collectRun(amp(provider), full, host);
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
export function bash(command: string): ModelToolUse {
  return { name: 'Bash', input: { cmd: command } };
}

/** Living processes that carry the run's cookie: the agent, and what it started. */
export async function living(run: RoomRun): Promise<readonly number[]> {
  return (await processesWithCookie(run.cookie)) ?? [];
}

/** After a fault nothing is left of the run, and the next one is like any other. */
export async function expectNothingLeft(room: AgentRoom, run: RoomRun): Promise<void> {
  expect(await living(run)).toEqual([]);
  room.server.setScript([{ text: 'As if nothing had been.' }]);
  await expect(room.run().outcome()).resolves.toMatchObject({ output: 'As if nothing had been.' });
}
