import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunOutcome, RunRequest } from '../../src/ports/provider.ts';
import type { AcpNative, AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { collectRun, type CollectedRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from '../../src/testing/test-host.ts';
import { writeStandIn, type StandInManner } from './stand-in-agent.ts';

export interface StandInRun extends CollectedRun {
  readonly host: TestHost;
  /** The outcome; rejects with what the run threw. Fails if anything of the run lives on. */
  outcome(): Promise<RunOutcome>;
  /** The numbers of its living processes. */
  processes(): Promise<readonly number[]>;
}

export interface StandInRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<AcpNative>> & { readonly text?: string };
  readonly provider?: Partial<AcpOptions>;
}

/** A folder with a stand-in for an agent. */
export interface StandInRoom extends AsyncDisposable {
  readonly cwd: string;
  options(manner: StandInManner): AcpOptions;
  run(manner: StandInManner, options?: StandInRunOptions): StandInRun;
  /** Rejects unless a run is as if nothing had happened before. */
  nextRunWorks(): Promise<void>;
}

export async function openStandInRoom(): Promise<StandInRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-acp-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const program = await writeStandIn(home);
  const runs: StandInRun[] = [];
  const options = (manner: StandInManner): AcpOptions => ({
    command: process.execPath,
    arguments: [program, manner],
  });
  const room: StandInRoom = {
    cwd,
    options,
    async nextRunWorks() {
      const { status, output, handle } = await room.run('well', { request: { text: 'hi' } }).outcome();
      assert.deepEqual([status, output, handle?.id], ['completed', 'Hello, you said: hi', 'conversation']);
    },
    run(manner, { request, provider, ...hostOptions } = {}) {
      const host = createTestHost(hostOptions);
      const full = createRunRequest<AcpNative>({ cwd, ...request });
      const collected = collectRun(acp({ ...options(manner), ...provider }), full, host);
      const run: StandInRun = {
        ...collected,
        waitFor: (predicate, timeout = 300_000) => collected.waitFor(predicate, timeout),
        host,
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
      await rm(home, { recursive: true, force: true });
    },
  };
  return room;
}
