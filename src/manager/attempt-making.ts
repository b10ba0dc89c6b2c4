import type { PricedAt } from '../cost/price-book.ts';
import type { Run } from '../domain/run.ts';
import type { Provider } from '../ports/provider.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { attemptRequest } from './attempt-request.ts';
import type { AttemptStart } from './attempt-start.ts';
import { AttemptUsage, type Used } from './attempt-usage.ts';
import { feasibleForCaller } from './feasible-authorization.ts';
import { readToolRules } from './given-rules.ts';
import { Gate } from './gate.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { nativeFor } from './native-options.ts';
import type { PreparedRun } from './prepared-run.ts';
import type { Recorder } from './recorder.ts';
import { RunAttempt } from './run-attempt.ts';
import type { RunClocks } from './run-clocks.ts';
import type { RunGuard } from './run-guard.ts';
import type { RunRequests } from './run-requests.ts';
import { isLastRun } from './session-end.ts';

/** What the attempts of a run have in common. */
export interface RunAttemptsOptions {
  readonly environment: ManagerEnvironment;
  readonly prepared: PreparedRun;
  readonly run: Run;
  /** What has a greater `seq` came after the start of the run. */
  readonly startedAfter: number;
  readonly recorder: Recorder;
  readonly clocks: RunClocks;
  readonly requests: RunRequests;
  readonly desk: ApprovalDesk;
  /** Those who watch the run. */
  readonly guard: Required<RunGuard>;
  /** Told of an agent that ends beside the run's end. */
  readonly onEnding: (end: Promise<void>) => void;
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
}

/** What one attempt has for itself. */
export interface MadeAttempt {
  readonly provider: Provider;
  readonly start: AttemptStart;
  readonly number: number;
  /** What the attempts before it used. */
  readonly used: Used;
  /** Aborted when this attempt is to end, and the run may go on. */
  readonly stop: AbortSignal;
}

/** Makes an attempt with its gate, which records into it. */
export function makeAttempt(
  { environment, prepared, run, recorder, clocks, requests, desk, guard, ...all }: RunAttemptsOptions,
  { provider, start, number, used, stop }: MadeAttempt,
): RunAttempt {
  const { options, cwd, clientTools } = prepared;
  const { clock, times, prices, redactor } = environment;
  const signal = AbortSignal.any([all.signal, stop]);
  const gate = new Gate({
    mode: options.permissionMode ?? 'default',
    rules: options.rules === undefined ? undefined : readToolRules(options.rules),
    authorize: options.authorize,
    guard: guard.decide,
    feasible: (authorization, call) => feasibleForCaller(authorization, call, provider),
    cwd,
    approvals: (options.approvals ?? environment.approvals ?? false) !== false,
    askPerson: (call, reason, how) => desk.ask({ call, reason, provider, cwd, ...how }),
    wasAsked: (call) => desk.wasAsked({ call, provider, cwd }),
    record: (draft) => void attempt.take(draft),
    observe: (draft) => attempt.observe(draft),
    flush: () => recorder.flush(),
    signal,
    onQuestion: (open) => clocks.standStill('person', open),
    worked: () => clocks.workedMs,
  });
  const redact = (text: string): string => redactor.text(text).text;
  const when = (): PricedAt => ({ provider: provider.name, at: clock.now() });
  const attempt: RunAttempt = new RunAttempt({
    provider,
    request: attemptRequest(prepared, run, number, start, {
      native: nativeFor(prepared.provider, provider, prepared.native),
      lastRun: isLastRun(environment, prepared, provider),
    }),
    signal,
    recorder,
    gate,
    clocks,
    requests: requests.beginAttempt(provider),
    clientTools,
    replay: start.replay,
    onEnding: prepared.oneShot === undefined ? undefined : all.onEnding,
    usage: new AttemptUsage({ prices, redact, before: used, when, model: options.model }),
    redact,
    grace: times.close,
    startTimer: (milliseconds, callback) => clock.startTimer(milliseconds, callback),
  });
  return attempt;
}
