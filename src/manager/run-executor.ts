import { randomUUID } from 'node:crypto';
import { asAsmError, AsmError } from '../domain/error.ts';
import { redactRecord } from './error-redaction.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { AgentHandle, Session } from '../domain/session.ts';
import type { Provider, ResumeRequest, RunOutcome, RunRequest } from '../ports/provider.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { RowChanges, RowWrite } from '../ports/session-store.ts';
import { cutText } from './event-encoder.ts';
import { Gate } from './gate.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { Recorder } from './recorder.ts';
import { RunAttempt } from './run-attempt.ts';
import { RunClocks } from './run-clocks.ts';
import { runEnd, type RunEnd } from './run-end.ts';
import type { CommonRunOptions } from './run-options.ts';
import { RunRequests } from './run-requests.ts';
import type { InputMessage } from '../domain/message.ts';
import { endAbandonedProcesses } from '../process/abandoned-process.ts';
import { commitWithSession } from './session-change.ts';

/** Longest text of a run's row, in UTF-16 units; the log has all of it. */
const maximumOutput = 65_536;

/** A run that is about to be executed. */
export interface PreparedRun {
  readonly run: Run;
  readonly session: Session;
  readonly provider: Provider;
  /** The input as given: never stored unredacted. */
  readonly messages: readonly InputMessage[];
  readonly options: CommonRunOptions;
  readonly native: object | undefined;
  readonly cwd: string;
  readonly resume: ResumeRequest | undefined;
}

/** How the run's row comes to be: made at once as running, or moved from pending. */
export interface RunStart {
  readonly write: RowWrite<Run>;
  readonly run: Run;
  readonly session: RowWrite<Session>;
  readonly events: readonly NewEvent[];
}

/**
 * Executes one run: the only writer of its lifecycle, as long as it holds the lease. Writes one
 * `run_started` and one terminal event, whatever happens in between.
 */
export class RunExecutor {
  readonly #environment: ManagerEnvironment;
  readonly #prepared: PreparedRun;
  readonly #stop = new AbortController();
  #cancelReason: string | undefined;
  #cancelled = false;
  #fatal: AsmError | undefined;
  #timeout: AsmError | undefined;
  #recorder: Recorder | undefined;

  constructor(environment: ManagerEnvironment, prepared: PreparedRun) {
    this.#environment = environment;
    this.#prepared = prepared;
  }

  /**
   * Takes the lease and writes the start. Resolves when `run_started` is stored, with a promise of
   * the run's last row; that rejects only if the end could not be written.
   */
  async start(
    decideStart: (session: Session) => RunStart,
  ): Promise<{ readonly run: Run; readonly finished: Promise<Run> }> {
    const { store, clock, owner, times } = this.#environment;
    const { run: pending } = this.#prepared;
    const keeper = await LeaseKeeper.take({
      leases: store.leases,
      clock,
      runId: pending.id,
      owner,
      milliseconds: times.lease,
      onLost: (error) => this.#fail(error),
    });
    try {
      let run = pending;
      await commitWithSession(this.#environment, pending.sessionId, (session) => {
        const start = decideStart(session);
        run = start.run;
        return {
          sessionId: pending.sessionId,
          lease: { runId: pending.id, token: keeper.lease.token },
          session: start.session,
          runs: [start.write],
          events: start.events,
        };
      });
      const finished = this.#work(run, keeper);
      // The failure belongs to whoever waits for the result; nobody may be.
      finished.catch(() => undefined);
      return { run, finished };
    } catch (thrown) {
      await keeper[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** Stops the run as cancelled; its terminal event follows. */
  cancel(reason: string | undefined): void {
    if (this.#stop.signal.aborted) return;
    this.#cancelled = true;
    this.#cancelReason = reason;
    this.#stop.abort(new AsmError('cancelled', reason ?? 'The run was cancelled.'));
  }

  #fail(error: AsmError): void {
    this.#fatal ??= error;
    this.#recorder?.abandon(error);
    this.#stop.abort(error);
  }

  async #work(run: Run, keeper: LeaseKeeper): Promise<Run> {
    const { log, encoder, redactor, clock, deltas, limits } = this.#environment;
    const { options, provider, messages } = this.#prepared;
    const started = clock.monotonic();
    const recorder = new Recorder({
      log,
      encoder,
      redactor,
      clock,
      deltas: options.deltas ?? deltas,
      sessionId: run.sessionId,
      runId: run.id,
      lease: () => keeper.lease,
      runVersion: run.version,
      onFailure: (error) => this.#fail(error),
    });
    this.#recorder = recorder;
    const clocks = new RunClocks(clock, { ...limits, ...options.limits }, (error) => {
      this.#timeout = error;
      this.#stop.abort(error);
    });
    const requests = new RunRequests({
      log,
      sessionId: run.sessionId,
      runId: run.id,
      after: run.logStart,
      provider,
      clock,
      record: (draft) => void recorder.record(draft),
      onCancel: (reason) => this.cancel(reason),
    });
    const onAbort = (): void => this.cancel('The signal of the run was aborted.');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();
    await using _lease = keeper;
    const attempt = this.#attempt(run, recorder, clocks, requests);
    let outcome: RunOutcome | undefined;
    let error: AsmError | undefined;
    try {
      recorder.startAttempt(run.attempt, provider.name);
      for (const { text } of messages)
        void recorder.record({ type: 'message_sent', data: { role: 'user', text } });
      this.#stop.signal.throwIfAborted();
      outcome = await attempt.run();
    } catch (thrown) {
      error = asAsmError(thrown);
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      clocks.end();
    }
    if (error !== undefined) await this.#endProcesses(run);
    const answers = await requests.close();
    const end = runEnd({
      outcome,
      error,
      cancelled: this.#cancelled,
      cancelReason: this.#cancelReason,
      timeout: this.#timeout,
      usage: outcome?.usage ?? attempt.usage,
      cost: outcome?.cost ?? attempt.cost,
      durationMs: Math.round(clock.monotonic() - started),
    });
    return await this.#writeEnd(run, keeper, recorder, attempt, end, outcome, answers);
  }

  #attempt(run: Run, recorder: Recorder, clocks: RunClocks, requests: RunRequests): RunAttempt {
    const { clock, times } = this.#environment;
    const { options, provider, cwd } = this.#prepared;
    const gate = new Gate({
      mode: options.permissionMode ?? 'default',
      rules: options.rules,
      authorize: options.authorize,
      cwd,
      record: (draft) => void attempt.take(draft),
      flush: () => recorder.flush(),
      signal: this.#stop.signal,
      onQuestion: (open) => clocks.question(open),
    });
    const attempt: RunAttempt = new RunAttempt({
      provider,
      request: this.#request(run),
      signal: this.#stop.signal,
      recorder,
      gate,
      clocks,
      requests,
      grace: times.close,
      startTimer: (milliseconds, callback) => clock.startTimer(milliseconds, callback),
    });
    return attempt;
  }

  #request(run: Run): RunRequest {
    const { session, options, messages, native, cwd, resume } = this.#prepared;
    const systemPrompt = options.systemPrompt ?? session.systemPrompt;
    return {
      sessionId: run.sessionId,
      runId: run.id,
      attempt: run.attempt,
      messages,
      cwd,
      permissionMode: options.permissionMode ?? 'default',
      cookie: run.cookie ?? randomUUID(),
      trustProject: options.trustProject ?? false,
      ...(options.model === undefined ? {} : { model: options.model }),
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      ...(options.maxTurns === undefined ? {} : { maxTurns: options.maxTurns }),
      ...(options.mcpServers === undefined ? {} : { mcpServers: options.mcpServers }),
      ...(options.environment === undefined ? {} : { environment: options.environment }),
      ...(resume === undefined ? {} : { resume }),
      ...(native === undefined ? {} : { native }),
    };
  }

  /** Providers end their processes themselves; this is for those that did not manage to. */
  async #endProcesses(run: Run): Promise<void> {
    if (run.cookie === undefined) return;
    await endAbandonedProcesses({ cookie: run.cookie }).catch(() => undefined);
  }

  async #writeEnd(
    run: Run,
    keeper: LeaseKeeper,
    recorder: Recorder,
    attempt: RunAttempt,
    end: RunEnd,
    outcome: RunOutcome | undefined,
    answers: readonly EventDraft[],
  ): Promise<Run> {
    const { clock, encoder, redactor } = this.#environment;
    if (this.#fatal !== undefined) throw this.#fatal;
    for (const answer of answers) void recorder.record(answer);
    recorder.close();
    await recorder.flush();
    const current = await this.#environment.store.run(run.id);
    if (current === undefined) throw new AsmError('run_not_found', `Run ${run.id} vanished from the store.`);
    if (current.status !== 'running') {
      throw new AsmError('lease_lost', `Run ${run.id} was taken over and ended as ${current.status}.`, {
        details: { runId: run.id },
      });
    }
    const output = outcome?.output ?? attempt.output;
    const set: RowChanges<Run> = {
      status: end.status,
      endedAt: clock.now(),
      usage: end.data.usage,
      ...(end.data.cost === undefined ? {} : { cost: end.data.cost }),
      ...(output === undefined ? {} : { output: cutText(redactor.text(output).text, maximumOutput) }),
      ...(end.error === undefined ? {} : { error: redactRecord(end.error, redactor) }),
      ...(end.data.stopReason === undefined ? {} : { stopReason: redactor.text(end.data.stopReason).text }),
      ...(outcome?.status === 'interrupted' ? { interrupted: true } : {}),
    };
    const origin = { runId: run.id, attempt: run.attempt, provider: run.provider };
    const handle = this.#handle(run, outcome, attempt);
    await commitWithSession(this.#environment, run.sessionId, (session) => ({
      sessionId: run.sessionId,
      lease: { runId: run.id, token: keeper.lease.token },
      runs: [{ id: run.id, expectedVersion: current.version, set }],
      ...(handle === undefined
        ? {}
        : {
            session: {
              id: session.id,
              expectedVersion: session.version,
              set: { agents: { ...session.agents, [run.provider]: handle }, updatedAt: clock.now() },
            },
          }),
      events: end.events.map((draft) => encoder.encode(draft, origin)),
    }));
    return { ...current, ...definedFields(set), version: current.version + 1 };
  }

  /** Where the conversation can be taken up again; a failed attempt replaces nothing that worked. */
  #handle(run: Run, outcome: RunOutcome | undefined, attempt: RunAttempt): AgentHandle | undefined {
    if (outcome?.handle !== undefined) return { ...outcome.handle, runId: run.id };
    const { session, resume } = this.#prepared;
    const proven = attempt.provenHandle;
    if (proven === undefined) return undefined;
    const earlier = resume !== undefined && !resume.fork ? resume.handle : session.agents[run.provider];
    // The same conversation went on: its counters are no longer those of the run before.
    if (earlier !== undefined && earlier.id !== proven) return undefined;
    return { id: proven, runId: run.id };
  }
}

function definedFields(set: RowChanges<Run>): Partial<Run> {
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}
