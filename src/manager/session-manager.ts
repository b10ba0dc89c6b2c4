import { runIdOf, sessionIdOf } from './given-id.ts';
import { randomUUID } from 'node:crypto';
import { createPriceBook } from '../cost/price-book.ts';
import { systemClock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import { timeSortedIds, type SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import type { Provider, ProviderDescription } from '../ports/provider.ts';
import type {
  CallOptions,
  FeedPage,
  FeedQuery,
  RowPage,
  RunQuery,
  SessionQuery,
  SessionStore,
} from '../ports/session-store.ts';
import { createRedactor, noRedaction } from '../redaction/redactor.ts';
import { createApprovalOperations, type ApprovalOperations } from './approval-operations.ts';
import { budgetGuards } from './budget-guard.ts';
import { defaultDeltaPolicy } from './delta-joiner.ts';
import { createEventEncoder } from './event-encoder.ts';
import { checkTypes } from './event-filter.ts';
import { EventLog } from './event-log.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { isProvider } from './given-provider.ts';
import { checkManagerOptions, type SessionManagerOptions, type SessionOptions } from './manager-options.ts';
import { rememberParts } from './manager-parts.ts';
import { loopGuards } from './loop-guard.ts';
import { policyGuards } from './policy-guard.ts';
import { policiesOf } from './policy-options.ts';
import { recoverRuns } from './recovery.ts';
import type { RunHandle } from './run-handle.ts';
import { RunOperations } from './run-operations.ts';
import type { CommonRunOptions, RunOptions } from './run-options.ts';
import { runOnce, type RunOnceOptions } from './run-once.ts';
import type { RunResult } from './run-result.ts';
import { createSession } from './session-creation.ts';
import type { SessionHandle } from './session-handle.ts';
import { createSessionHandle } from './session-operations.ts';
import { SessionTurns } from './session-turns.ts';
import { SteeringTexts } from './steering-texts.ts';
import { watchdogGuards } from './watchdog-guard.ts';
import { findSession } from './session-change.ts';

export interface RecoverOptions extends CallOptions {
  /**
   * What is not stored with runs, such as rules and functions, for those that go on here. `false`: none
   * does; they are left to another process.
   */
  readonly resume?: CommonRunOptions | false;
}

/** Sessions and runs over one store and some providers. Make one with `createSessionManager`. */
export interface SessionManager extends AsyncDisposable {
  /**
   * Makes a pending session. Throws `unknown_option`, `invalid_input` for a folder that isn't there,
   * `provider_not_found`, and `already_exists` for an id that is taken.
   */
  createSession(options?: SessionOptions): Promise<SessionHandle>;
  /** Throws `session_not_found`. */
  getSession(id: string): Promise<SessionHandle>;
  /** A page of sessions, newest first. */
  sessions(query?: SessionQuery, options?: CallOptions): Promise<RowPage<Session>>;
  /** Makes a pending run, to be executed later by `executeRun`, here or in another process. */
  startRun<Native extends object = object>(
    sessionId: string,
    input: RunInput,
    options?: RunOptions<Native>,
  ): Promise<Run>;
  /**
   * Executes a pending run here, or goes on with one that a person's answer lets go on and that nobody
   * executes. Resolves when `run_started` is stored. Functions (`authorize`,
   * `signal`) are not stored: give them here if another process made the run. Throws
   * `run_already_executing` or `invalid_transition` when somebody was faster.
   */
  executeRun(runId: string, options?: CommonRunOptions): Promise<RunHandle>;
  /** A handle of any run, whoever executes it. Disposing it cancels nothing. Throws `run_not_found`. */
  getRun(id: string): Promise<RunHandle>;
  /** A page of runs, of one session or of all, newest first. */
  runs(query?: RunQuery, options?: CallOptions): Promise<RowPage<Run>>;
  /** Session, one run, and the session's end, in one call. A failed run is a result, not a rejection. */
  runOnce<Native extends object = object>(
    input: RunInput,
    options?: RunOnceOptions<Native>,
  ): Promise<RunResult>;
  /** Events of all sessions in the order of their commits, as stored. */
  feed(query?: FeedQuery, options?: CallOptions): Promise<FeedPage>;
  /**
   * Ends runs whose process is gone, and pending ones whose session has ended. Returns them. Runs with a
   * question to a person are not ended: those that can go on do so here, in the background.
   */
  recover(options?: RecoverOptions): Promise<readonly Run[]>;
  /** Questions about tool calls that wait for a person, and their answers. */
  readonly approvals: ApprovalOperations;
  /** What each provider is and can do on this machine. */
  describeProviders(options?: CallOptions): Promise<readonly ProviderDescription[]>;
  /** Cancels the runs that this manager executes, waits for their end, and closes store and providers. */
  close(): Promise<void>;
}

/** Opens a manager. It owns the store and the providers that it is given, and closes them. */
export async function createSessionManager(options: SessionManagerOptions): Promise<SessionManager> {
  const store = await options.store;
  const environment = await openEnvironment(options, store);
  const operations = new RunOperations(environment);
  let closing: Promise<void> | undefined;
  const assertOpen = (): void => {
    if (closing !== undefined) throw new AsmError('store_closed', 'The session manager was closed.');
  };
  const handle = (id: SessionId): SessionHandle => createSessionHandle(environment, operations, id);
  const close = async (): Promise<void> => {
    await operations.close();
    environment.log.close();
    await release(options, store);
  };
  const manager: SessionManager = {
    createSession: async (sessionOptions = {}) => {
      assertOpen();
      return handle(await createSession(environment, sessionOptions));
    },
    getSession: async (id) => handle((await findSession(environment, sessionIdOf(id))).id),
    sessions: (query = {}, call = {}) => store.sessions(query, call),
    startRun: async (sessionId, input, runOptions = {}) => {
      assertOpen();
      return await operations.make(sessionIdOf(sessionId), input, runOptions);
    },
    executeRun: async (runId, runOptions = {}) => {
      assertOpen();
      return await operations.execute(runIdOf(runId), runOptions);
    },
    getRun: async (id) => await operations.find(runIdOf(id)),
    runs: (query = {}, call = {}) => store.runs(query, call),
    runOnce: async (input, runOptions = {}) => {
      assertOpen();
      return await runOnce(environment, operations, input, runOptions);
    },
    async feed(query = {}, call = {}) {
      checkTypes(query);
      return await store.feed(query, call);
    },
    recover: async ({ resume = {}, ...call } = {}) =>
      await recoverRuns(
        environment,
        async (run) => resume !== false && (await operations.goOn(run, resume)),
        call,
      ),
    approvals: createApprovalOperations(environment),
    describeProviders: (call = {}) =>
      Promise.all(options.providers.map((provider) => provider.describe(call))),
    close: () => {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => manager.close(),
  };
  rememberParts(manager, { environment, operations });
  return manager;
}

/** Checks the options and makes what the manager's parts share; whatever it owns is closed if that fails. */
async function openEnvironment(
  options: SessionManagerOptions,
  store: SessionStore,
): Promise<ManagerEnvironment> {
  try {
    checkManagerOptions(options);
    return makeEnvironment(options, store);
  } catch (thrown) {
    await release(options, store);
    throw thrown;
  }
}

/** Closes the providers and, after them, the store, each also if another one fails to close. */
async function release(options: SessionManagerOptions, store: SessionStore): Promise<void> {
  if (options.keepOpen === true) return;
  await using owned = new AsyncDisposableStack();
  owned.use(store);
  // What was given may not have been checked, or not have passed.
  const providers: unknown = options.providers;
  for (const provider of Array.isArray(providers) ? providers : []) {
    if (isProvider(provider)) owned.defer(async () => provider[Symbol.asyncDispose]?.());
  }
}

function makeEnvironment(options: SessionManagerOptions, store: SessionStore): ManagerEnvironment {
  const clock = options.clock ?? systemClock;
  const prices = createPriceBook(options.prices);
  const redactor = options.redaction === false ? noRedaction : createRedactor(options.redaction ?? {});
  return {
    store,
    log: new EventLog(store, options.tail),
    turns: new SessionTurns(),
    steeringTexts: new SteeringTexts(),
    clock,
    ids: options.ids ?? timeSortedIds,
    redactor,
    encoder: createEventEncoder(clock, redactor),
    providers: providersByName(options.providers),
    owner: `manager:${process.pid}:${randomUUID()}`,
    deltas: options.deltas ?? defaultDeltaPolicy,
    limits: options.limits ?? {},
    approvals: options.approvals,
    times: { lease: 15_000, close: 10_000, ...options.times },
    prices,
    policies: policiesOf(options),
    guards: [
      // First, so that it hears of each call whatever the others say of it.
      loopGuards(options.loops),
      policyGuards(redactor),
      ...budgetGuards(options.budgets, { store, clock, prices }),
      watchdogGuards(options.watchdog, options.limits ?? {}),
    ],
  };
}

function providersByName(providers: readonly Provider[]): ReadonlyMap<string, Provider> {
  const byName = new Map<string, Provider>();
  for (const provider of providers) {
    if (byName.has(provider.name)) {
      throw new AsmError(
        'already_exists',
        `Two providers are named "${provider.name}"; give one another name.`,
      );
    }
    byName.set(provider.name, provider);
  }
  return byName;
}
