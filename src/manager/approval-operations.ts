import { checkDecision } from '../approvals/decision-check.ts';
import {
  answerApproval,
  expireApproval,
  type Approval,
  type ApprovalChange,
  type ApprovalDecision,
  type ApprovalId,
} from '../domain/approval.ts';
import { isSupported } from '../domain/capability.ts';
import { AsmError, hasErrorCode } from '../domain/error.ts';
import { parseId } from '../domain/id.ts';
import { isTerminalRun } from '../domain/run.ts';
import type { EventDraft } from '../domain/event.ts';
import type { ApprovalQuery, CallOptions, RowPage } from '../ports/session-store.ts';
import { followApprovals, type ApprovalFollowQuery, type ApprovalHappening } from './approval-follow.ts';
import { grantsInForce, revokeGrant, type GrantQuery } from './approval-grants.ts';
import { answeredEvent, expiredEvent } from './approval-row.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { findRun } from './run-wait.ts';

/** An approval as it may be shown. */
export type ApprovalView = Omit<Approval, 'key'>;

/** Who decides, and why. */
export interface DecideOptions extends CallOptions {
  /** In words that others recognise. Default: this process. */
  readonly by?: string;
  /** For the log; the agent is not told. */
  readonly reason?: string;
}

/** Something that happened to an approval. */
export interface ApprovalNews {
  readonly what: ApprovalHappening;
  /** As it was when it was asked, for `asked`; else as it is now. */
  readonly approval: ApprovalView;
}

/** Questions of runs to people, whoever executes the runs. */
export interface ApprovalOperations {
  /** Newest first. */
  list(query?: ApprovalQuery, options?: CallOptions): Promise<RowPage<ApprovalView>>;
  /** Throws `approval_not_found`. */
  get(id: string, options?: CallOptions): Promise<ApprovalView>;
  /**
   * Answers a question; the run hears of it wherever it is executed. The first answer counts: the second
   * throws `conflict`. Also throws `approval_expired` after the deadline, `invalid_operation` when nobody
   * asks any more, `invalid_input` for an answer that doesn't fit, and `capability_not_supported` for
   * another input where the provider can't take one.
   */
  decide(id: string, decision: ApprovalDecision, options?: DecideOptions): Promise<ApprovalView>;
  /**
   * Grants that let later calls through now, newest first: those for a session, and those by a pattern whose
   * time is not over. A page may have fewer rows than its limit, also when it is not the last.
   */
  grants(query?: GrantQuery, options?: CallOptions): Promise<RowPage<ApprovalView>>;
  /**
   * Takes a grant back: from when this resolves it lets no call through, in whatever process; such a call is asked
   * about again. What was let through before goes on. The call that it was granted for is refused if it has not
   * run yet. Throws `approval_not_found`, `conflict` for one that was revoked before, and `invalid_operation` for
   * what lets no later call through.
   */
  revoke(id: string, options?: DecideOptions): Promise<ApprovalView>;
  /**
   * What waits for a person now, oldest first, and then what is asked, decided, expires, is withdrawn or revoked,
   * as it happens, in all processes. Ends by its signal, with `cancelled`, or with `store_closed` when the manager is closed.
   */
  follow(query?: ApprovalFollowQuery): AsyncIterable<ApprovalNews>;
}

export function createApprovalOperations(environment: ManagerEnvironment): ApprovalOperations {
  const { store } = environment;
  return {
    list: async (query = {}, options = {}) => {
      const page = await store.approvals(query, options);
      return { ...page, rows: page.rows.map(viewOf) };
    },
    get: async (id, options = {}) => viewOf(await findApproval(environment, id, options)),
    decide: async (id, decision, options = {}) => {
      const { by = environment.owner, reason, signal } = options;
      const approval = await findApproval(environment, id, signal === undefined ? {} : { signal });
      const now = environment.clock.now();
      const given = storable(environment, decision);
      const change = await answerOrExpire(environment, approval, () => {
        const answer = answerApproval(approval, {
          decision: given,
          by: environment.redactor.text(by).text,
          ...(reason === undefined ? {} : { reason: environment.redactor.text(reason).text }),
          now,
        });
        checkDecision(approval, given, environment.redactor, now);
        checkCapability(environment, approval, given);
        return answer;
      });
      await assertAsked(environment, approval);
      const decided = { ...approval, ...change };
      return viewOf(await writeApproval(environment, approval, change, answeredEvent(decided)));
    },
    grants: async (query = {}, options = {}) => {
      const page = await grantsInForce(environment, query, options);
      return { ...page, rows: page.rows.map(viewOf) };
    },
    revoke: async (id, options = {}) => {
      const { by = environment.owner, reason, signal } = options;
      const approval = await findApproval(environment, id, signal === undefined ? {} : { signal });
      return viewOf(await revokeGrant(environment, approval, { by, reason }));
    },
    follow: (query = {}) => followViews(environment, query),
  };
}

async function* followViews(
  environment: ManagerEnvironment,
  query: ApprovalFollowQuery,
): AsyncGenerator<ApprovalNews, void, void> {
  for await (const { what, approval } of followApprovals(environment, query))
    yield { what, approval: viewOf(approval) };
}

/** Writes a change of an approval that is no part of a run's own writes. Throws `conflict`. */
export async function writeApproval(
  environment: ManagerEnvironment,
  approval: Approval,
  set: ApprovalChange,
  event: EventDraft,
): Promise<Approval> {
  const { id, sessionId, runId, version, provider } = approval;
  try {
    await environment.log.commit({
      sessionId,
      approvals: [{ id, expectedVersion: version, set }],
      events: [environment.encoder.encode(event, { runId, provider })],
    });
  } catch (thrown) {
    if (!hasErrorCode(thrown, 'conflict')) throw thrown;
    throw new AsmError('conflict', `Approval ${id} was answered by somebody else at the same moment.`, {
      cause: thrown,
      details: { approvalId: id },
    });
  }
  return { ...approval, ...set, version: version + 1 };
}

/** Marks a question as expired, if its time is over and nobody has answered. Gives its row as it is then. */
export async function expireLate(environment: ManagerEnvironment, approval: Approval): Promise<Approval> {
  const { clock, store } = environment;
  if (approval.status !== 'pending' || clock.now() < approval.deadline) return approval;
  try {
    const change = expireApproval(approval, clock.now());
    return await writeApproval(environment, approval, change, expiredEvent(approval));
  } catch (thrown) {
    if (!hasErrorCode(thrown, 'conflict')) throw thrown;
    return (await store.approval(approval.id)) ?? approval;
  }
}

/** Whoever comes too late also says so in the log, since perhaps nobody else is there to. */
async function answerOrExpire(
  environment: ManagerEnvironment,
  approval: Approval,
  answer: () => ApprovalChange,
): Promise<ApprovalChange> {
  try {
    return answer();
  } catch (thrown) {
    if (hasErrorCode(thrown, 'approval_expired')) await expireLate(environment, approval);
    throw thrown;
  }
}

/** The run may have ended without its executor: then nobody is there to withdraw its questions. */
async function assertAsked(environment: ManagerEnvironment, { id, runId }: Approval): Promise<void> {
  const { status } = await findRun(environment, runId);
  if (!isTerminalRun(status)) return;
  throw new AsmError('invalid_operation', `Run ${runId} is ${status}; nobody asks approval ${id} any more.`, {
    details: { approvalId: id, runId, status },
  });
}

function checkCapability(
  environment: ManagerEnvironment,
  { provider, call }: Approval,
  decision: ApprovalDecision,
): void {
  const capabilities = environment.providers.get(provider)?.capabilities;
  if (decision.as !== 'allow' || decision.input === undefined || call.kind === 'question') return;
  if (capabilities === undefined || isSupported(capabilities, 'changed_tool_input')) return;
  throw new AsmError(
    'capability_not_supported',
    `${provider} can't run a call with another input. Refuse it and say in the message what to do instead.`,
    { details: { provider, missing: ['changed_tool_input'] } },
  );
}

/** A message may be told without its secrets; an input could not. */
function storable({ redactor }: ManagerEnvironment, decision: ApprovalDecision): ApprovalDecision {
  if (decision.as !== 'deny' || decision.message === undefined) return decision;
  return { ...decision, message: redactor.text(decision.message).text };
}

async function findApproval(
  { store }: ManagerEnvironment,
  text: string,
  options: CallOptions,
): Promise<Approval> {
  const id: ApprovalId | undefined = parseId('approval', text);
  const found = id === undefined ? undefined : await store.approval(id, options);
  if (found !== undefined) return found;
  throw new AsmError(
    'approval_not_found',
    id === undefined
      ? `"${text.slice(0, 100)}" is not the id of an approval: those begin with apr_.`
      : `There is no approval ${id} in this store.`,
  );
}

function viewOf({ key: _key, ...view }: Approval): ApprovalView {
  return view;
}
