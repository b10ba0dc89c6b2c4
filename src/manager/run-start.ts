import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import { brandId, type RunId, type SessionId } from '../domain/id.ts';
import type { EventDraft } from '../domain/event.ts';
import { toJson, type JsonObject, type JsonValue } from '../domain/json.ts';
import type { RunInput } from '../domain/message.ts';
import { assertRunMove, type Run } from '../domain/run.ts';
import { assertSessionTakesRuns, type Session } from '../domain/session.ts';
import { noUsage } from '../domain/usage.ts';
import { assertWorkingFolder } from '../process/working-folder.ts';
import type { Provider } from '../ports/provider.ts';
import { checkClientTools, type ClientTools } from './client-tools.ts';
import { assertProvider } from './given-provider.ts';
import { findProvider, type ManagerEnvironment } from './manager-environment.ts';
import { checkNativeOptions } from './native-options.ts';
import { withPolicies } from './policy-options.ts';
import { checkDemand } from './run-demand.ts';
import type { PreparedRun, RunStart } from './prepared-run.ts';
import { admitRun } from './run-guard.ts';
import {
  checkInput,
  checkRunOptions,
  workingFolder,
  type CommonRunOptions,
  type RunOptions,
} from './run-options.ts';
import { findSession } from './session-change.ts';
import { storedOptions } from './stored-run-options.ts';

/** Checks a run's input and options and makes its row, pending; nothing is written yet. */
export async function prepareRun<Native extends object>(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  input: RunInput,
  options: RunOptions<Native>,
): Promise<PreparedRun> {
  checkRunOptions(options);
  checkInput(input);
  const session = await findSession(environment, sessionId);
  const logStart = await environment.log.reached(sessionId);
  return await prepareRunIn(environment, session, logStart, input, options);
}

/** The same for a session whose row is known, and a place in its log behind which the run's events will be. */
export async function prepareRunIn<Native extends object>(
  environment: ManagerEnvironment,
  session: Session,
  logStart: number,
  input: RunInput,
  given: RunOptions<Native>,
): Promise<PreparedRun> {
  const { clock, redactor } = environment;
  const sessionId = session.id;
  checkRunOptions(given);
  const options = withPolicies(given, environment.policies);
  const messages = checkInput(input);
  const provider = chosenProvider(environment, session, options);
  checkNativeOptions(provider, options.native);
  const negotiation = checkDemand(provider, options, session);
  const cwd = workingFolder(options, session);
  assertWorkingFolder(cwd);
  const tools = await offeredTools(options, clock);
  await checkNativeStart(environment, session, provider, options);
  const stored = messages.map(({ role, text }) => ({ role, text: redactor.text(text).text }));
  const run: Run = {
    id: runId(environment, sessionId, options.key),
    sessionId,
    status: 'pending',
    version: 1,
    createdAt: clock.now(),
    logStart,
    provider: provider.name,
    ...(options.model === undefined ? {} : { model: options.model }),
    input: stored,
    ...(stored.some((message, index) => message.text !== messages[index]?.text)
      ? { inputRedacted: true }
      : {}),
    options: storedOptions(options, provider, redactor),
    attempt: 0,
    usage: noUsage,
  };
  await admitRun(environment.guards, { run, session, provider, options, cwd });
  const { native } = options;
  return { run, session, provider, messages, options, native, cwd, clientTools: tools, negotiation };
}

/** What starting a prepared run writes: for a new run its row, for a pending one the move. */
export function decideStart(
  environment: ManagerEnvironment,
  prepared: PreparedRun,
  isNew: boolean,
): (session: Session) => RunStart {
  return (session) => {
    const { clock, encoder } = environment;
    const { run, provider, options, cwd } = prepared;
    const { degraded, observed } = prepared.negotiation;
    const activates = session.status === 'pending';
    if (!activates) assertSessionTakesRuns(session);
    assertRunMove(run, 'running');
    const set = {
      status: 'running',
      startedAt: clock.now(),
      attempt: 1,
      cookie: prepared.run.cookie ?? randomUUID(),
    } as const;
    const { queuePosition: _left, ...unqueued } = run;
    const started: Run = { ...unqueued, ...set, version: isNew ? 1 : run.version + 1 };
    const origin = { runId: run.id, provider: provider.name };
    return {
      run: started,
      write: isNew
        ? { create: started }
        : { id: run.id, expectedVersion: run.version, set: { ...set, queuePosition: undefined } },
      // Written even when nothing else changes: its version is what a concurrent completion trips over.
      session: {
        id: session.id,
        expectedVersion: session.version,
        set: { updatedAt: clock.now(), ...(activates ? { status: 'active' } : {}) },
      },
      events: [
        ...(activates ? [encoder.encode({ type: 'session_activated', data: {} }, {})] : []),
        ...(isNew ? [encodeCreated(environment, run)] : []),
        encoder.encode(
          {
            type: 'run_started',
            data: {
              requested: {
                provider: provider.name,
                cwd,
                permissionMode: options.permissionMode ?? 'default',
                continuation: options.continuation ?? 'auto',
                ...(options.model === undefined ? {} : { model: options.model }),
                ...(degraded.length === 0 ? {} : { degraded }),
                ...(observed.length === 0 ? {} : { observed }),
              },
            },
          },
          origin,
        ),
        ...capabilityWarnings(prepared).map((draft) => encoder.encode(draft, origin)),
        // What the run was started with; told once, however many attempts it takes.
        ...prepared.messages.map(({ text }) =>
          encoder.encode({ type: 'message_sent', data: { role: 'user', text } }, { ...origin, attempt: 1 }),
        ),
      ],
    };
  };
}

/** What a person should know about what the provider can't do. */
function capabilityWarnings({ provider, negotiation }: PreparedRun): readonly EventDraft<'warning_raised'>[] {
  const { degraded, observed } = negotiation;
  const warning = (code: string, message: string): EventDraft<'warning_raised'> => ({
    type: 'warning_raised',
    data: { code, message },
  });
  return [
    ...degraded.map((name) =>
      warning('capability_degraded', `${provider.name} does not have ${name}; the run goes on without it.`),
    ),
    ...observed.map((name) =>
      warning('capability_observed', `${provider.name} only observes ${name}; it can't be enforced.`),
    ),
  ];
}

export function encodeCreated(environment: ManagerEnvironment, run: Run): RunStart['events'][number] {
  return environment.encoder.encode(
    { type: 'run_created', data: { provider: run.provider, options: run.options } },
    { runId: run.id, provider: run.provider },
  );
}

/** A run made with a key has an id made of it, so that the same call finds the same run. */
function runId(environment: ManagerEnvironment, sessionId: SessionId, key: string | undefined): RunId {
  if (key === undefined) return environment.ids('run');
  const digest = createHash('sha256')
    .update(JSON.stringify([sessionId, key]))
    .digest('hex');
  return brandId('run', `run_${digest.slice(0, 32)}`);
}

/** In what the two runs that were asked for differ: `input`, `provider`, and names of options. */
export function requestDifferences(first: Run, second: Run): readonly string[] {
  const [one, two] = [requestOf(first), requestOf(second)];
  const names = new Set([...Object.keys(one), ...Object.keys(two)]);
  return [...names].filter((name) => JSON.stringify(one[name]) !== JSON.stringify(two[name]));
}

/** A router that was asked for is named in the options, since the row names who did the work. */
function requestOf({ input, provider, options }: Run): JsonObject {
  const { router = provider, needs, ...stored } = options;
  // Of what is not stored, at least the presence counts.
  const names: readonly JsonValue[] = Array.isArray(needs) ? needs : [];
  const present: JsonObject = Object.fromEntries(
    names.flatMap((name) => (typeof name === 'string' ? [[name, true] as const] : [])),
  );
  return { ...stored, ...present, input: toJson(input), provider: router };
}

function chosenProvider<Native extends object>(
  environment: ManagerEnvironment,
  session: Session,
  options: RunOptions<Native>,
): Provider {
  const { provider } = options;
  if (provider !== undefined && typeof provider !== 'string') {
    assertProvider(provider, '`provider` of a run');
    return provider;
  }
  const [only, ...others] = environment.providers.keys();
  const name = provider ?? session.provider ?? (others.length === 0 ? only : undefined);
  if (name === undefined) {
    throw new AsmError(
      'invalid_input',
      'Say which provider the run should take: with the run, the session, or by giving the manager just one.',
    );
  }
  return findProvider(environment, name);
}

/** The client tools of a run, checked; `undefined` when it has none. */
export async function offeredTools(
  { clientTools = [] }: CommonRunOptions,
  clock: Clock,
): Promise<ClientTools | undefined> {
  return clientTools.length === 0 ? undefined : await checkClientTools(clientTools, clock);
}

/** Throws `resume_failed` for `continuation: 'native'` where it is known at once that it can't be. */
export async function checkNativeStart(
  environment: ManagerEnvironment,
  session: Session,
  provider: Provider,
  { continuation }: CommonRunOptions,
): Promise<void> {
  if (continuation !== 'native' || provider.router !== undefined) return;
  if (session.agents[provider.name] !== undefined) return;
  const { forkedFrom } = session;
  const parent = forkedFrom === undefined ? undefined : await environment.store.session(forkedFrom.sessionId);
  if (parent?.agents[provider.name] !== undefined) return;
  throw new AsmError(
    'resume_failed',
    `Session ${session.id} has no conversation at ${provider.name} that could be continued.`,
  );
}
