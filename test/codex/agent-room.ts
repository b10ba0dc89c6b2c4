import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Provider, RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import type { CodexNative } from '../../src/providers/codex/options.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';

export interface RoomRun extends CollectedRun {
  readonly host: TestHost;
  readonly cookie: string;
  /** The outcome; rejects with what the run threw. */
  outcome(): Promise<RunOutcome>;
  /** Living processes that carry the run's cookie. */
  living(): Promise<readonly number[]>;
}

export interface RoomRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<CodexNative>> & { readonly text?: string };
  /** Default: one for each run. */
  readonly provider?: Provider<CodexNative>;
  /** Changes of the agent's variables. */
  readonly variables?: { readonly [name: string]: string };
}

/** A real Codex's surroundings: a scripted model, a home and a working folder of its own. */
export interface AgentRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  /** Starts a run. Its agent is ended with the room at the latest. */
  run(options?: RoomRunOptions): RoomRun;
}

export async function openAgentRoom(script: ModelScript): Promise<AgentRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-codex-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const runs: RoomRun[] = [];
  return {
    server,
    home,
    cwd,
    run({ request, provider = codex(), variables, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const set = { ...codexEnvironment(server, { home }), ...variables };
      const full = createRunRequest<CodexNative>({ cwd, environment: { set }, ...request });
      const collected = collectRun(provider, full, host);
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
        living: async () => (await processesWithCookie(full.cookie)) ?? [],
      };
      runs.push(run);
      return run;
    },
    async [Symbol.asyncDispose]() {
      for (const run of runs) run.host.cancel();
      await Promise.all(runs.map((run) => run.ended));
      for (const run of runs) expect(await run.living()).toEqual([]);
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
