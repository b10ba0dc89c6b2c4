import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAsmError, type AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PermissionMode, ToolCall } from '../../domain/tool.ts';
import type { ProviderEvent, ResumeRequest, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { collectRun, type CollectedRun, type RunEnd } from '../run-collector.ts';
import { createRunRequest } from '../run-request.ts';
import { createTestHost, type TestAuthorize, type TestHost, type TestHostOptions } from '../test-host.ts';
import { processesWithCookie } from './cookie-finder.ts';
import type { AgentStep, ProviderFixture, ProviderSubject } from './provider-subject.ts';

/** How a case wants its run. */
export interface CaseRunOptions {
  readonly text?: string;
  /** In place of `text`. */
  readonly messages?: RunRequest['messages'];
  readonly authorize?: TestAuthorize;
  readonly resume?: ResumeRequest;
  readonly systemPrompt?: string;
  readonly maxTurns?: number;
  readonly permissionMode?: PermissionMode;
  readonly mcpServers?: NonNullable<RunRequest['mcpServers']>;
  readonly clientTools?: NonNullable<RunRequest['clientTools']>;
  readonly outputSchema?: JsonObject;
  readonly callTool?: NonNullable<TestHostOptions['callTool']>;
  /** Cancelled before it starts. */
  readonly cancelled?: boolean;
}

/** A run of a case. */
export interface CaseRun extends CollectedRun {
  readonly host: TestHost;
  readonly request: RunRequest;
}

/** Where one case runs. Every wait in it has a deadline. */
export interface ProviderRoom {
  readonly subject: ProviderSubject;
  readonly fixture: ProviderFixture;
  /** Makes the agent do the steps and starts a run. */
  start(steps: readonly AgentStep[], options?: CaseRunOptions): Promise<CaseRun>;
  /** How a run ends. */
  end(run: CaseRun): Promise<RunEnd>;
  /** The outcome of a run that must end well. */
  outcome(run: CaseRun): Promise<RunOutcome>;
  /** The error of a run that must fail. */
  failure(run: CaseRun): Promise<AsmError>;
  /** Fails unless the run ends as cancelled or interrupted and leaves no process. */
  stopped(run: CaseRun): Promise<void>;
  event(run: CaseRun, predicate: (event: ProviderEvent) => boolean): Promise<ProviderEvent>;
  until(condition: () => boolean | Promise<boolean>, what: string): Promise<void>;
  /** Fails if a process with the run's cookie lives on. */
  nothingLeft(run: { readonly request: RunRequest }): Promise<void>;
  /** Absolute path of a file in the case's folder. */
  file(name: string): string;
  exists(name: string): Promise<boolean>;
  changeCommand(call: ToolCall, command: string): JsonObject;
}

/** Gives a case a room of its own; ends its runs and its fixture afterwards, also when it fails. */
export async function withProviderRoom<Result>(
  subject: ProviderSubject,
  work: (room: ProviderRoom) => Promise<Result>,
): Promise<Result> {
  const patience = subject.patience ?? 120_000;
  await using fixture = await subject.open();
  const runs: CaseRun[] = [];

  const within = async <Value>(promise: Promise<Value>, what: string): Promise<Value> => {
    const deadline = new AbortController();
    try {
      return await Promise.race([
        promise,
        sleep(patience, undefined, { signal: deadline.signal }).then(() =>
          assert.fail(`${what}: not within ${patience} ms`),
        ),
      ]);
    } finally {
      deadline.abort();
    }
  };
  const until = async (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => {
    const end = performance.now() + patience;
    while (!(await condition())) {
      if (performance.now() > end) assert.fail(`${what}: not within ${patience} ms`);
      await sleep(5);
    }
  };
  const room: ProviderRoom = {
    subject,
    fixture,
    async start(steps, options = {}) {
      const { authorize, callTool, cancelled, ...fields } = options;
      const prepared = await fixture.prepare(steps);
      const request = createRunRequest({ ...prepared, ...fields, cwd: fixture.cwd });
      const host = createTestHost({
        ...(authorize === undefined ? {} : { authorize }),
        ...(callTool === undefined ? {} : { callTool }),
      });
      if (cancelled === true) host.cancel();
      const run = { ...collectRun(fixture.provider, request, host), host, request };
      runs.push(run);
      return run;
    },
    end: (run) => within(run.ended, 'the end of the run'),
    async outcome(run) {
      const end = await room.end(run);
      if (end.outcome === undefined) throw end.error;
      return end.outcome;
    },
    async failure(run) {
      const end = await room.end(run);
      assert.ok(
        end.outcome === undefined,
        `the run should have failed, but it ended as ${end.outcome?.status}`,
      );
      if (!isAsmError(end.error)) throw end.error;
      return end.error;
    },
    async stopped(run) {
      const end = await within(run.ended, 'the end of the cancelled run');
      if (end.outcome === undefined) {
        assert.ok(isAsmError(end.error), `a cancelled run throws an AsmError, not ${String(end.error)}`);
        assert.equal(end.error.code, 'cancelled', end.error.message);
      } else assert.equal(end.outcome.status, 'interrupted', 'the outcome of a cancelled run');
      await room.nothingLeft(run);
    },
    event: (run, predicate) => run.waitFor(predicate, patience),
    until,
    async nothingLeft(run) {
      const left = await processesWithCookie(run.request.cookie);
      assert.deepEqual(left ?? [], [], 'processes with the cookie of a run that has settled');
    },
    file: (name) => path.join(fixture.cwd, name),
    exists: (name) =>
      access(path.join(fixture.cwd, name)).then(
        () => true,
        () => false,
      ),
    changeCommand: (call, command) => subject.changeCommand?.(call, command) ?? { ...call.input, command },
  };

  try {
    return await work(room);
  } finally {
    for (const run of runs) run.host.cancel('The case is over.');
    await Promise.all(runs.map((run) => within(run.ended, 'the end of a run after its case')));
  }
}
