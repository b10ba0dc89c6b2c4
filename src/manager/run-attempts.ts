import { abortError, asAsmError, AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { AgentHandle } from '../domain/session.ts';
import type { PlannedAttempt } from '../ports/attempt-router.ts';
import type { Provider, RunOutcome } from '../ports/provider.ts';
import type { PricedAt } from '../cost/price-book.ts';
import { endAbandonedProcesses } from '../process/abandoned-process.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { AttemptPlanner, type NextAttempt } from './attempt-planner.ts';
import { attemptRequest } from './attempt-request.ts';
import { AttemptUsage, nothingUsed, type Used } from './attempt-usage.ts';
import { decideAttemptStart, type AttemptStart } from './attempt-start.ts';
import { readToolRules } from './given-rules.ts';
import { feasibleForCaller } from './feasible-authorization.ts';
import { Gate } from './gate.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { nativeFor } from './native-options.ts';
import type { Recorder } from './recorder.ts';
import { RunAttempt } from './run-attempt.ts';
import { isLastRun } from './session-end.ts';
import type { RunClocks } from './run-clocks.ts';
import { runDemand } from './run-demand.ts';
import type { RunGuard } from './run-guard.ts';
import type { PreparedRun } from './prepared-run.ts';
import type { RunRequests } from './run-requests.ts';

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

/** How the attempts of a run ended: with an outcome, or with the error of the last one. */
export interface AttemptsEnd {
  readonly outcome?: RunOutcome;
  readonly error?: AsmError;
  /** What all attempts used. */
  readonly used: Used;
  /** The agent's last message. */
  readonly output?: string;
  /** Who did the work, and in which try. */
  readonly provider: Provider;
  readonly attempt: number;
  /** Where the conversation can be taken up again at that provider. */
  readonly handle?: AgentHandle;
}

/** What is known of one attempt that ended. */
interface Tried {
  readonly attempt: RunAttempt;
  readonly start: AttemptStart;
  readonly outcome?: RunOutcome;
  readonly error?: AsmError;
}

/** Makes one attempt after another until one ends well, or nothing is to follow. */
export class RunAttempts {
  readonly #options: RunAttemptsOptions;
  #number = 0;
  #used = nothingUsed;
  #provider: Provider;
  /** The newest aborter, for the clock that watches the agent. */
  #attemptStop = new AbortController();
  #left: AgentHandle | undefined;
  #sideEffects = false;

  constructor(options: RunAttemptsOptions) {
    this.#options = options;
    this.#provider = options.prepared.provider;
    const { run, prepared } = options;
    if (prepared.resumed === undefined) return;
    this.#number = run.attempt - 1;
    const byModel = run.model === undefined ? {} : { [run.model]: run.usage };
    this.#used = { usage: run.usage, byModel, cost: run.cost };
    this.#sideEffects = true;
  }

  /** Ends the attempt that is under way, which has fallen silent. */
  stopSilent(error: AsmError): void {
    this.#attemptStop.abort(error);
  }

  /** Never rejects: what goes wrong is the `error` of what it gives. */
  async run(): Promise<AttemptsEnd> {
    const { environment, prepared } = this.#options;
    const { provider, options, session } = prepared;
    const { refuses } = this.#options.guard;
    const request = { sessionId: session.id, demand: runDemand(options, session), refuses };
    const planner = new AttemptPlanner(provider, request, options.retry, environment.clock);
    try {
      return await this.#run(planner);
    } catch (thrown) {
      planner.ended('stopped');
      return { error: asAsmError(thrown), ...this.#standing() };
    }
  }

  async #run(planner: AttemptPlanner): Promise<AttemptsEnd> {
    const { prepared, signal, requests, recorder, run } = this.#options;
    const { options } = prepared;
    recorder.startAttempt(run.attempt, prepared.provider.name);
    this.#options.clocks.begin();
    this.#options.guard.begin();
    await this.#endLeft();
    signal.throwIfAborted();
    let planned: PlannedAttempt | NextAttempt = planner.first();
    let failed: Tried | undefined;
    for (;;) {
      this.#begin(planned, failed);
      const tried = await this.#try(planned, failed);
      this.#used = tried.attempt.used(tried.outcome);
      if (tried.outcome?.status === 'parked' && this.#options.desk.parked === undefined) {
        throw new AsmError('agent_protocol_error', `${planned.provider.name} parked a call unasked.`);
      }
      if (tried.outcome !== undefined) {
        planner.ended('completed');
        return this.#end(tried);
      }
      const error = tried.error ?? new AsmError('internal_error', 'An attempt ended without a result.');
      await this.#endProcesses();
      const stopped = signal.aborted || requests.interrupted.aborted;
      const sideEffects = this.#sideEffects;
      const mayReplay =
        (options.continuation ?? 'auto') === 'auto' &&
        tried.start.resume !== undefined &&
        (failed !== undefined || prepared.resumed?.conversation.parkedCall === undefined);
      const next = stopped ? undefined : planner.after({ error, sideEffects }, mayReplay);
      if (next === undefined) {
        planner.ended(stopped ? 'stopped' : 'failed');
        return this.#end({ ...tried, error });
      }
      await this.#pause(next, error);
      if (requests.interrupted.aborted) {
        planner.ended('stopped');
        return { outcome: { status: 'interrupted' }, ...this.#standing() };
      }
      failed = { ...tried, error };
      planned = next;
    }
  }

  #begin(planned: PlannedAttempt, failed: Tried | undefined): void {
    const { recorder, prepared } = this.#options;
    const before = this.#provider;
    this.#number++;
    this.#provider = planned.provider;
    if (failed === undefined && prepared.provider.router === undefined) return;
    recorder.startAttempt(this.#number, planned.provider.name);
    const over = failed !== undefined && before !== planned.provider;
    recorder.recordWithRow(
      {
        type: 'attempt_routed',
        data: {
          provider: prepared.provider.name,
          routedProvider: planned.provider.name,
          routingAttempt: this.#number,
          routingCandidates: planned.candidates,
          ...(over ? { failoverFrom: before.name } : {}),
          ...(over && failed.error !== undefined ? { failoverReason: failed.error.code } : {}),
        },
      },
      { attempt: this.#number, provider: planned.provider.name, waitingFor: undefined },
    );
  }

  async #try(planned: PlannedAttempt | NextAttempt, failed: Tried | undefined): Promise<Tried> {
    const { prepared, clocks, requests } = this.#options;
    const { provider } = planned;
    const { resumed } = prepared;
    if (failed !== undefined) this.#options.desk.disown();
    const start: AttemptStart =
      failed === undefined && resumed !== undefined
        ? { resume: resumed.conversation }
        : await this.#decideStart(planned, failed);
    this.#attemptStop = new AbortController();
    const attempt = this.#attempt(provider, start);
    clocks.beginAttempt();
    try {
      return { attempt, start, outcome: await attempt.run() };
    } catch (thrown) {
      const silent = this.#attemptStop.signal;
      return { attempt, start, error: silent.aborted ? abortError(silent) : asAsmError(thrown) };
    } finally {
      clocks.endAttempt();
      requests.endAttempt();
      this.#sideEffects ||= attempt.sideEffects;
      this.#left = this.#provenHandle(attempt, start);
    }
  }

  async #decideStart(
    planned: PlannedAttempt | NextAttempt,
    failed: Tried | undefined,
  ): Promise<AttemptStart> {
    const { environment, prepared, run } = this.#options;
    const { provider } = planned;
    return await decideAttemptStart(environment.store, {
      session: prepared.session,
      run,
      provider,
      options: prepared.options,
      left: failed !== undefined && 'as' in planned && planned.as === 'retry' ? this.#left : undefined,
      avoidNative: 'as' in planned && planned.as === 'replay',
      startedAfter: this.#options.startedAfter,
      follows: prepared.follows,
      withRun: this.#sideEffects,
    });
  }

  #attempt(provider: Provider, start: AttemptStart): RunAttempt {
    const { environment, prepared, run, recorder, clocks, requests, desk } = this.#options;
    const { options, cwd, clientTools } = prepared;
    const { clock, times } = environment;
    const signal = AbortSignal.any([this.#options.signal, this.#attemptStop.signal]);
    const gate = new Gate({
      mode: options.permissionMode ?? 'default',
      rules: options.rules === undefined ? undefined : readToolRules(options.rules),
      authorize: options.authorize,
      guard: this.#options.guard.decide,
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
    const attempt: RunAttempt = new RunAttempt({
      provider,
      request: attemptRequest(prepared, run, this.#number, start, {
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
      onEnding: prepared.oneShot === undefined ? undefined : this.#options.onEnding,
      usage: this.#usageOf(provider),
      redact: (text) => environment.redactor.text(text).text,
      grace: times.close,
      startTimer: (milliseconds, callback) => clock.startTimer(milliseconds, callback),
    });
    return attempt;
  }

  #usageOf(provider: Provider): AttemptUsage {
    const { environment, prepared } = this.#options;
    const { prices, clock, redactor } = environment;
    const when = (): PricedAt => ({ provider: provider.name, at: clock.now() });
    const redact = (text: string): string => redactor.text(text).text;
    return new AttemptUsage({ prices, redact, before: this.#used, when, model: prepared.options.model });
  }

  /** Says that the attempt failed and what follows, and waits until that may begin. */
  async #pause(next: NextAttempt, error: AsmError): Promise<void> {
    const { recorder, clocks, environment, requests, signal } = this.#options;
    const delay = Math.ceil(next.delay);
    const failure: EventDraft = {
      type: 'attempt_failed',
      data: { error: error.toJSON(), next: next.as, ...(delay === 0 ? {} : { delay }) },
    };
    recorder.recordWithRow(failure, next.waitsForQuota ? { waitingFor: 'quota' } : {});
    await recorder.flush();
    if (delay === 0) return;
    if (next.waitsForQuota) clocks.standStill('quota', true);
    try {
      const stop = AbortSignal.any([signal, requests.interrupted]);
      await new Promise<void>((resolve) => {
        const stopTimer = environment.clock.startTimer(delay, resolve);
        const onAbort = (): void => {
          stopTimer();
          resolve();
        };
        if (stop.aborted) onAbort();
        else stop.addEventListener('abort', onAbort, { once: true });
      });
      signal.throwIfAborted();
    } finally {
      if (next.waitsForQuota) clocks.standStill('quota', false);
    }
  }

  /** Ends what a dead process left of the run's agent, before another agent begins. */
  async #endLeft(): Promise<void> {
    const { cookie, process: identity } = this.#options.prepared.resumed?.left ?? {};
    if (cookie === undefined) return;
    await endAbandonedProcesses({ cookie, ...(identity === undefined ? {} : { identity }) });
  }

  /** Providers end their processes themselves; this is for those that did not manage to. */
  async #endProcesses(): Promise<void> {
    const { cookie } = this.#options.run;
    if (cookie === undefined) return;
    await endAbandonedProcesses({ cookie }).catch(() => undefined);
  }

  #end({ attempt, start, outcome, error }: Tried): AttemptsEnd {
    const output = outcome?.output ?? attempt.output;
    const { id } = this.#options.run;
    const proven = this.#provenHandle(attempt, start);
    const handle = outcome?.handle === undefined ? proven : { ...outcome.handle, runId: id };
    return {
      ...(outcome === undefined ? {} : { outcome }),
      ...(error === undefined ? {} : { error }),
      ...(output === undefined ? {} : { output }),
      ...(handle === undefined ? {} : { handle }),
      ...this.#standing(),
    };
  }

  /** A conversation that an attempt that failed has begun or moved on; it replaces none that is another. */
  #provenHandle(attempt: RunAttempt, { resume }: AttemptStart): AgentHandle | undefined {
    const goesOn = resume !== undefined && !resume.fork ? resume.handle : undefined;
    // One that goes on was there before, also where the agent says nothing and only calls tools.
    const proven = attempt.provenHandle ?? (attempt.moved ? goesOn?.id : undefined);
    if (proven === undefined) return undefined;
    const earlier = goesOn ?? this.#options.prepared.session.agents[this.#provider.name];
    // The same conversation went on: its counters are no longer those of the run before.
    if (earlier !== undefined && earlier.id !== proven) return undefined;
    return { id: proven, runId: this.#options.run.id };
  }

  #standing(): Pick<AttemptsEnd, 'used' | 'provider' | 'attempt'> {
    return { used: this.#used, provider: this.#provider, attempt: Math.max(1, this.#number) };
  }
}
