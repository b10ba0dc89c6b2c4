import type { Approval } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { RowChanges } from '../ports/session-store.ts';
import { redactRecord } from './error-redaction.ts';
import { cutText } from './event-encoder.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { oneShotEnd } from './one-shot-end.ts';
import type { Recorder } from './recorder.ts';
import type { AttemptsEnd } from './run-attempts.ts';
import type { RunEnd } from './run-end.ts';
import { commitEnd, type Successor } from './run-succession.ts';
import type { NewSession } from './session-creation.ts';

/** Longest text of a run's row, in UTF-16 units; the log has all of it. */
const maximumOutput = 65_536;

/** A run whose attempts are over. */
export interface FinishedRun {
  readonly keeper: LeaseKeeper;
  readonly recorder: Recorder;
  readonly ended: AttemptsEnd;
  /** To requests that came too late. */
  readonly answers: readonly EventDraft[];
  /** What the guards tell. */
  readonly told: RowChanges<Run> | undefined;
}

/** How a run ends, and what is written with its end. */
export interface RunEnding {
  readonly end: RunEnd;
  /** Its session, when that ends with it. */
  readonly oneShot: NewSession | undefined;
  /** Asked for the run that is to start in the same write. */
  readonly next: (() => Promise<Successor | undefined>) | undefined;
}

/**
 * Gives the run up until a person has answered: it has no agent and no executor then. `approval` is the question with
 * which its agent was ended.
 */
export async function writeParkedRun(
  environment: ManagerEnvironment,
  { keeper, recorder, ended, answers, told }: FinishedRun,
  approval: Approval | undefined,
): Promise<Run> {
  const { handle, used } = ended;
  if (approval === undefined || handle === undefined) {
    throw new AsmError('agent_protocol_error', 'The agent was parked without a conversation to go on with.');
  }
  for (const answer of answers) void recorder.record(answer);
  const { id, sessionId } = recorder.run;
  const call = { approvalId: approval.id, toolCallId: approval.call.id };
  void recorder.record({ type: 'run_parked', data: call });
  const rest = await recorder.close();
  const set: RowChanges<Run> = {
    ...rest.set,
    ...told,
    waitingFor: 'approval',
    parked: { ...call, handle },
    process: undefined,
    usage: used.usage,
    ...(used.cost === undefined ? {} : { cost: used.cost }),
  };
  const { runs } = await environment.log.commit({
    sessionId,
    lease: { runId: id, token: keeper.lease.token, release: true },
    runs: [{ id, expectedVersion: recorder.run.version, set }],
    events: rest.events,
  });
  keeper.released();
  return runs[0] ?? recorder.run;
}

/** Writes the end of the run, with that of its session if it is a one-off, and the start of what follows. */
export async function writeRunEnd(
  environment: ManagerEnvironment,
  { keeper, recorder, ended, answers, told }: FinishedRun,
  { end, oneShot, next }: RunEnding,
): Promise<Run> {
  const { clock, encoder, redactor } = environment;
  const { run } = recorder;
  for (const answer of answers) void recorder.record(answer);
  // What is left of the log goes with the end: one write, and nothing between them.
  const rest = await recorder.close();
  const { output, outcome, handle } = ended;
  const set: RowChanges<Run> = {
    ...rest.set,
    ...told,
    status: end.status,
    endedAt: clock.now(),
    // A question for which the agent was to be parked may be answered, and used by nobody.
    ...(recorder.run.waitingFor === undefined ? {} : { waitingFor: undefined }),
    usage: end.data.usage,
    ...(end.data.cost === undefined ? {} : { cost: end.data.cost }),
    ...(output === undefined ? {} : { output: cutText(redactor.text(output).text, maximumOutput) }),
    ...(end.error === undefined ? {} : { error: redactRecord(end.error, redactor) }),
    ...(end.data.stopReason === undefined ? {} : { stopReason: redactor.text(end.data.stopReason).text }),
    // What a guard stopped has failed, also when the agent took that for an interrupt.
    ...(end.status === 'completed' && outcome?.status === 'interrupted' ? { interrupted: true } : {}),
  };
  const provider = ended.provider.name;
  const origin = { runId: run.id, attempt: ended.attempt, provider };
  const ending = end.events.map((draft) => encoder.encode(draft, origin));
  const { version } = recorder.run;
  const { runs } = await commitEnd(environment, run, next, async (session) => {
    const over =
      oneShot === undefined
        ? undefined
        : await oneShotEnd(environment, { made: oneShot.session, now: session }, run.id, end);
    const changed = {
      ...(handle === undefined ? {} : { agents: { ...session.agents, [provider]: handle } }),
      ...over?.set,
    };
    const updated = { ...changed, updatedAt: clock.now() };
    return {
      sessionId: run.sessionId,
      lease: { runId: run.id, token: keeper.lease.token, release: true },
      runs: [{ id: run.id, expectedVersion: version, set }],
      ...(Object.keys(changed).length === 0
        ? {}
        : { session: { id: session.id, expectedVersion: session.version, set: updated } }),
      events: [...rest.events, ...ending, ...(over === undefined ? [] : [encoder.encode(over.event, {})])],
    };
  });
  keeper.released();
  const [last] = runs;
  if (last === undefined) throw new AsmError('internal_error', 'The store gave no row of the run back.');
  return last;
}
