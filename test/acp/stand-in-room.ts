import assert from 'node:assert/strict';
import type { RunRequest } from '../../src/ports/provider.ts';
import type { AcpNative, AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHostOptions } from '../../src/testing/test-host.ts';
import { makeAgentFolder } from '../agent/agent-folder.ts';
import { observedRun, type RoomRun } from '../agent/agent-room.ts';
import { writeStandIn, type StandInManner } from './stand-in-agent.ts';

export interface StandInRunOptions extends TestHostOptions {
  readonly request?: Partial<RunRequest<AcpNative>> & { readonly text?: string };
  readonly provider?: Partial<AcpOptions>;
}

/** A folder with a stand-in for an agent. */
export interface StandInRoom extends AsyncDisposable {
  readonly cwd: string;
  options(manner: StandInManner): AcpOptions;
  run(manner: StandInManner, options?: StandInRunOptions): RoomRun;
  /** Rejects unless a run is as if nothing had happened before. */
  nextRunWorks(): Promise<void>;
}

export async function openStandInRoom(): Promise<StandInRoom> {
  const folder = await makeAgentFolder('acp');
  const { home, cwd } = folder;
  const program = await writeStandIn(home);
  const runs: RoomRun[] = [];
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
      const run = observedRun(acp({ ...options(manner), ...provider }), full, host);
      runs.push(run);
      return run;
    },
    async [Symbol.asyncDispose]() {
      for (const run of runs) run.host.cancel();
      await Promise.all(runs.map((run) => run.ended));
      await folder[Symbol.asyncDispose]();
    },
  };
  return room;
}
