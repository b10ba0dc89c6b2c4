import { randomUUID } from 'node:crypto';
import type { Approval } from '../domain/approval.ts';
import { isSupported } from '../domain/capability.ts';
import { AsmError, isAsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { AgentHandle, Session } from '../domain/session.ts';
import type { Provider, ResumeRequest } from '../ports/provider.ts';
import { assertWorkingFolder } from '../process/working-folder.ts';
import { openApprovals } from './left-approvals.ts';
import { findProvider, type ManagerEnvironment } from './manager-environment.ts';
import { optionsAgain } from './options-again.ts';
import { nativeFor } from './native-options.ts';
import { checkDemand } from './run-demand.ts';
import type { PreparedRun, RunStart } from './prepared-run.ts';
import { admitRun } from './run-guard.ts';
import { workingFolder, type CommonRunOptions } from './run-options.ts';
import { offeredTools } from './run-start.ts';
import { findSession } from './session-change.ts';
import { lastUsage } from './run-usage.ts';

/** Longest input of a call in the message to an agent, in UTF-16 units; it knows what it wanted. */
const longestInput = 500;

/**
 * What goes on with a run that was begun: where its agent's conversation is, and what people said about
 * calls that did not run. `undefined`: a person is still to say, or the run has nothing to go on with.
 * Throws `invalid_operation`, `provider_not_found` or `capability_not_supported` when it can't go on here.
 */
export async function prepareResume(
  environment: ManagerEnvironment,
  run: Run,
  known: PreparedRun | undefined,
  given: CommonRunOptions,
): Promise<PreparedRun | undefined> {
  const approvals = await openApprovals(environment, run.id);
  const { parked } = run;
  const asked = approvals.find(({ id }) => id === parked?.approvalId);
  if (approvals.length === 0 || asked?.status === 'pending') return undefined;
  const provider = providerOf(environment, run, known);
  if (!isSupported(provider.capabilities, 'native_resume')) {
    throw new AsmError('capability_not_supported', `${provider.name} can't go on with a conversation.`, {
      details: { provider: provider.name, missing: ['native_resume'] },
    });
  }
  const session = await findSession(environment, run.sessionId);
  const options = optionsAgain(environment, run, known, given);
  const cwd = known?.cwd ?? workingFolder(options, session);
  assertWorkingFolder(cwd);
  await admitRun(environment.guards, { run, session, provider, options, cwd });
  const isParked = parked !== undefined && asked !== undefined;
  const conversation = isParked ? parkedConversation(run) : await lastConversation(environment, run);
  if (conversation === undefined) return undefined;
  return {
    run: isParked ? run : { ...run, ...(await lastUsage(environment, run)) },
    session,
    provider,
    messages: isParked ? [] : [{ role: 'user', text: interruptedText(approvals) }],
    options,
    native: known === undefined ? undefined : nativeFor(known.provider, provider, known.native),
    cwd,
    clientTools: known?.clientTools ?? (await offeredTools(options, environment.clock)),
    negotiation: checkDemand(provider, options, session),
    ...(known?.oneShot === undefined ? {} : { oneShot: known.oneShot }),
    resumed: {
      conversation,
      approvals,
      left: isParked ? undefined : run,
    },
  };
}

/** What going on with a run writes. */
export function decideResume(
  environment: ManagerEnvironment,
  { run, provider, messages, resumed }: PreparedRun,
): (session: Session) => RunStart {
  return (session) => {
    const { clock, encoder } = environment;
    const isParked = resumed?.conversation.parkedCall !== undefined;
    const set = {
      attempt: isParked ? run.attempt : run.attempt + 1,
      cookie: randomUUID(),
      usage: run.usage,
      ...(run.cost === undefined ? {} : { cost: run.cost }),
    };
    const cleared = { parked: undefined, waitingFor: undefined, process: undefined };
    const { parked: _parked, waitingFor: _waiting, process: _process, ...rest } = run;
    const origin = { runId: run.id, provider: provider.name, attempt: set.attempt };
    const [message] = messages;
    const drafts: readonly EventDraft[] = [
      {
        type: 'run_resumed',
        data: {
          from: isParked ? 'parked' : 'interrupted',
          approvalIds: (resumed?.approvals ?? []).map(({ id }) => id),
          ...(message === undefined ? {} : { message: message.text }),
        },
      },
    ];
    return {
      run: { ...rest, ...set, version: run.version + 1 },
      write: { id: run.id, expectedVersion: run.version, set: { ...set, ...cleared } },
      session: {
        id: session.id,
        expectedVersion: session.version,
        set: { updatedAt: clock.now() },
      },
      events: drafts.map((draft) => encoder.encode(draft, origin)),
    };
  };
}

/** True for the errors that say that a run can't go on in this process, but perhaps in another. */
export function isNotHere(thrown: unknown): boolean {
  return (
    isAsmError(thrown) &&
    ['invalid_operation', 'provider_not_found', 'capability_not_supported', 'invalid_input'].includes(
      thrown.code,
    )
  );
}

/** The one that did the work: a candidate, where a router was asked. */
function providerOf(environment: ManagerEnvironment, run: Run, known: PreparedRun | undefined): Provider {
  const asked = [...(known === undefined ? [] : [known.provider]), ...environment.providers.values()];
  const all = asked.flatMap((provider) => provider.router?.candidates ?? [provider]);
  return all.find(({ name }) => name === run.provider) ?? findProvider(environment, run.provider);
}

function parkedConversation({ parked }: Run): ResumeRequest | undefined {
  if (parked === undefined) return undefined;
  return { handle: parked.handle, fork: false, parkedCall: parked.toolCallId };
}

/** The conversation that the last agent of the run had, as the log tells. */
async function lastConversation(
  environment: ManagerEnvironment,
  run: Run,
): Promise<ResumeRequest | undefined> {
  const { events } = await environment.log.page({
    sessionId: run.sessionId,
    runId: run.id,
    after: run.logStart,
    types: ['agent_started'],
    order: 'descending',
    limit: 1,
  });
  const [last] = events;
  if (last?.type !== 'agent_started' || last.data.handle === undefined) return undefined;
  const handle: AgentHandle = { id: last.data.handle, runId: run.id };
  return { handle, fork: false };
}

/** Tells the agent which of its calls did not run, and that nobody refused them. */
function interruptedText(approvals: readonly Approval[]): string {
  const calls = approvals.map(
    ({ call }) => `- ${call.name}: ${JSON.stringify(call.input).slice(0, longestInput)}`,
  );
  return [
    'You were stopped from outside while a person was still to decide about these tool calls:',
    ...calls,
    'They were not refused, and they did not run. If you still need them, make them again exactly as they were. Go on with your task.',
  ].join('\n');
}
