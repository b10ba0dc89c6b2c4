import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import type { AcpNative, AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';

export interface RoomRun extends CollectedRun {
  readonly host: TestHost;
  readonly request: RunRequest<AcpNative>;
  /** The outcome; rejects with what the run threw. Fails if anything of the run lives on. */
  outcome(): Promise<RunOutcome>;
  /** The numbers of its living processes. */
  processes(): Promise<readonly number[]>;
}

export interface RoomRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<AcpNative>> & { readonly text?: string };
  readonly provider?: Partial<AcpOptions>;
  /** Changes of the agent's variables. */
  readonly variables?: { readonly [name: string]: string };
}

/** A real claude-agent-acp's surroundings: a scripted model, a home and a working folder of its own. */
export interface AgentRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  run(options?: RoomRunOptions): RoomRun;
}

export async function openAgentRoom(script: ModelScript): Promise<AgentRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-acp-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script, { auxiliaryUsage: {} });
  const runs: RoomRun[] = [];
  return {
    server,
    home,
    cwd,
    run({ request, provider, variables, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const set = { ...claudeEnvironment(server, { home }), ...variables };
      const full = createRunRequest<AcpNative>({ cwd, environment: { set }, ...request });
      const collected = collectRun(acp({ preset: 'claude-agent-acp', ...provider }), full, host);
      const run: RoomRun = {
        ...collected,
        waitFor: (predicate, timeout = 300_000) => collected.waitFor(predicate, timeout),
        host,
        request: full,
        processes: async () => (await processesWithCookie(full.cookie)) ?? [],
        async outcome() {
          const { outcome, error } = await collected.ended;
          assert.deepEqual(await run.processes(), [], 'processes of a run that has settled');
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
