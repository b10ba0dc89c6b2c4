import { isSupported } from '../domain/capability.ts';
import { AsmError } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { AgentHandle, Session } from '../domain/session.ts';
import {
  endedLast,
  readConversation,
  runEndSeq,
  type ConversationRange,
} from '../continuity/conversation.ts';
import { replayText, type Replay } from '../continuity/replay-text.ts';
import type { Provider, ResumeRequest } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { CommonRunOptions } from './run-options.ts';

/** How an attempt takes up what went before. */
export interface AttemptStart {
  readonly resume?: ResumeRequest;
  /** What the agent can't know by itself, as text. */
  readonly replay?: Replay;
}

export interface AttemptStartFacts {
  readonly session: Session;
  readonly run: Run;
  readonly provider: Provider;
  readonly options: CommonRunOptions;
  /** The conversation that an earlier attempt of this run left with the provider. */
  readonly left: AgentHandle | undefined;
  /** True: the provider's own conversation could not be continued. */
  readonly avoidNative: boolean;
  /** What has a greater `seq` came after the start of the run. */
  readonly startedAfter: number;
  /** The run whose end is the last that was said before the start of the run, if that is known. */
  readonly follows: RunId | undefined;
  /** True: what this run has done so far belongs to the conversation. */
  readonly withRun: boolean;
}

/**
 * Decides how an attempt goes on: natively where its provider has the conversation, with what others did
 * since told as text; else with all of it as text; else afresh. Throws `resume_failed` for
 * `continuation: 'native'` where there is nothing to continue.
 */
export async function decideAttemptStart(
  store: SessionStore,
  facts: AttemptStartFacts,
): Promise<AttemptStart> {
  const { session, provider, options, withRun } = facts;
  const { continuation = 'auto' } = options;
  if (continuation === 'fresh') return {};
  const through: ConversationRange = withRun ? {} : { through: facts.startedAfter };
  const native = facts.avoidNative || continuation === 'replay' ? undefined : await findNative(store, facts);
  const tellable = isSupported(provider.capabilities, 'transcript_replay');
  if (native === undefined) {
    if (continuation === 'native') {
      throw new AsmError(
        'resume_failed',
        `Session ${session.id} has no conversation at ${provider.name} that could be continued.`,
      );
    }
    // A session that was never used has nothing to tell, and needs no look at its log.
    const unused = session.status === 'pending' && session.forkedFrom === undefined && !withRun;
    if (unused || !tellable) return {};
    const replay = replayText(await readConversation(store, session, through), options.replay);
    return replay === undefined ? {} : { replay };
  }
  if (!tellable) return { resume: native.resume };
  const replay = await sinceThen(store, facts, native, through);
  return { resume: native.resume, ...(replay === undefined ? {} : { replay }) };
}

interface Native {
  readonly resume: ResumeRequest;
  /** The session whose log the conversation's last run stands in. */
  readonly session: Session;
}

async function findNative(store: SessionStore, facts: AttemptStartFacts): Promise<Native | undefined> {
  const { session, provider, left } = facts;
  if (!isSupported(provider.capabilities, 'native_resume')) return undefined;
  const own = left ?? session.agents[provider.name];
  if (own !== undefined) return { resume: { handle: own, fork: false }, session };
  const { forkedFrom } = session;
  if (forkedFrom === undefined || !isSupported(provider.capabilities, 'fork')) return undefined;
  const parent = await store.session(forkedFrom.sessionId);
  const handle = parent?.agents[provider.name];
  if (parent === undefined || handle === undefined) return undefined;
  // Forked off before the conversation got this far: the agent would know what never was.
  const end = await runEndSeq(store, parent.id, handle.runId);
  if (end === undefined || end > forkedFrom.seq) return undefined;
  return { resume: { handle, fork: true }, session: parent };
}

/** What other providers did since the conversation's last run, as text. */
async function sinceThen(
  store: SessionStore,
  { session, provider, options, left, startedAfter, follows }: AttemptStartFacts,
  native: Native,
  through: ConversationRange,
): Promise<Replay | undefined> {
  if (left !== undefined) return undefined;
  const last = native.resume.handle.runId;
  // Not by the rows of the runs: the youngest may be waiting still.
  const own = native.session.id === session.id;
  if (own && (last === follows || (await endedLast(store, session.id, last, startedAfter)))) return undefined;
  const after = await runEndSeq(store, native.session.id, last);
  const except = provider.name;
  if (own) {
    const since = await readConversation(store, session, { ...through, after: after ?? 0, except });
    return replayText(since, options.replay);
  }
  const { seq } = session.forkedFrom ?? { seq: 0 };
  const before = await readConversation(store, native.session, { after: after ?? 0, through: seq, except });
  const since = await readConversation(store, { id: session.id }, { ...through, except });
  return replayText({ ...since, messages: [...before.messages, ...since.messages] }, options.replay);
}
