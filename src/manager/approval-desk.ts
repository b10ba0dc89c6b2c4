import {
  approvalSettings,
  type ApprovalOptions,
  type ApprovalSettings,
} from '../approvals/approval-options.ts';
import { isSameCall, type GrantSubject } from '../approvals/grant-key.ts';
import {
  authorizationOf,
  expireApproval,
  spendApproval,
  withdrawApproval,
  type Approval,
  type ApprovalId,
} from '../domain/approval.ts';
import { abortError, asAsmError, AsmError, hasErrorCode } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Authorization, ToolCall } from '../domain/tool.ts';
import type { Parking, Provider } from '../ports/provider.ts';
import type { RowChanges } from '../ports/session-store.ts';
import type { Run } from '../domain/run.ts';
import { expiredEvent, newApproval, requestedEvent, withdrawnEvent } from './approval-row.ts';
import { feasible } from './feasible-authorization.ts';
import { unlessRevoked } from './grant-use.ts';
import { findLastingGrant } from './lasting-grant.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { OpenQuestion } from './open-question.ts';
import type { Recorder } from './recorder.ts';

/** A question for a person, as the gate asks it. */
export interface DeskQuestion {
  readonly call: ToolCall;
  readonly reason: string;
  readonly provider: Provider;
  readonly cwd: string;
  /** Aborted: the question is withdrawn. */
  readonly signal: AbortSignal;
  readonly parking: Parking | undefined;
}

/** What a person said, now or before. */
export interface DeskAnswer {
  readonly authorization: Authorization;
  readonly approvalId: ApprovalId;
  /**
   * Writes the gate's decision together with what makes the answer spent, or the grant used. False: nothing is
   * written, since the grant was revoked at this moment; the question has to be asked again.
   */
  readonly spend: (decided: EventDraft) => Promise<boolean>;
}

export interface ApprovalDeskOptions {
  readonly environment: ManagerEnvironment;
  readonly run: Run;
  readonly recorder: Recorder;
  readonly options: ApprovalOptions | undefined;
  /** Questions of the run that were asked before its process was gone, or its agent was parked. */
  readonly inherited: readonly Approval[];
  /** Told when a question opens and closes, so that clocks stand still. */
  readonly onQuestion: (open: boolean) => void;
  /** Milliseconds that the run has worked so far. */
  readonly worked: () => number;
  /** A person wants the run ended. */
  readonly onStop: (reason: string) => void;
}

/** Takes the questions of one run to people: as rows, which anybody may answer in any process. */
export class ApprovalDesk {
  readonly #options: ApprovalDeskOptions;
  readonly #settings: ApprovalSettings;
  readonly #open = new Map<ApprovalId, OpenQuestion>();
  /** Asked before, and not taken up again. */
  #inherited: readonly Approval[];
  readonly #disowned: Approval[] = [];
  /** Those of which the run's row tells that it waits. */
  readonly #waiting = new Set<OpenQuestion>();
  readonly #asking = new Set<Promise<DeskAnswer>>();
  #parked: OpenQuestion | undefined;

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
    this.#inherited = options.inherited;
    this.#settings = approvalSettings(options.environment.approvals, options.options);
  }

  /** The question for which the agent is being ended, or was. */
  get parked(): Approval | undefined {
    return this.#parked?.approval;
  }

  /** True for a call that a person was asked about before, and whose answer is not spent. */
  wasAsked(asked: Pick<DeskQuestion, 'call' | 'provider' | 'cwd'>): boolean {
    const subject = this.#subject(asked);
    return this.#inherited.some((approval) => isSameCall(approval.key, subject));
  }

  /** Asks a person, or finds what one has said. Rejects with `cancelled` when the question is withdrawn. */
  async ask(question: DeskQuestion): Promise<DeskAnswer> {
    const asking = this.#ask(question);
    this.#asking.add(asking);
    try {
      return await asking;
    } catch (thrown) {
      const error = asAsmError(thrown);
      // What was said can't be known: an agent might take that as a refusal, and go on.
      if (error.category === 'storage') this.#options.recorder.fail(error);
      throw error;
    } finally {
      this.#asking.delete(asking);
    }
  }

  async #ask(question: DeskQuestion): Promise<DeskAnswer> {
    const { environment, onQuestion } = this.#options;
    const subject = this.#subject(question);
    const earlier = this.#inherited.find((approval) => isSameCall(approval.key, subject));
    // What was decided about this very call comes first: it is spent by it, and by nothing else.
    if (earlier === undefined || earlier.status === 'pending') {
      const lasting = await findLastingGrant(environment, subject);
      if (lasting !== undefined && lasting.id !== earlier?.id) return this.#lasting(lasting);
    }
    this.#inherited = this.#inherited.filter((approval) => approval !== earlier);
    const approval =
      earlier ?? newApproval(environment, { ...subject, reason: question.reason }, this.#settings);
    const open = new OpenQuestion(approval, question, environment);
    this.#open.set(approval.id, open);
    this.#waiting.add(open);
    onQuestion(true);
    try {
      await this.#begin(approval, earlier !== undefined);
      return this.#applied(await this.#answer(open), open);
    } catch (thrown) {
      this.#waiting.delete(open);
      throw thrown;
    } finally {
      onQuestion(false);
      open.end();
      this.#open.delete(approval.id);
    }
  }

  #subject({ call, provider, cwd }: Pick<DeskQuestion, 'call' | 'provider' | 'cwd'>): GrantSubject {
    const { id, sessionId } = this.#options.run;
    return { sessionId, runId: id, provider: provider.name, cwd, call };
  }

  /** Somebody answered, as the log tells. */
  heard(id: ApprovalId): void {
    this.#open.get(id)?.wake();
  }

  /** Nothing that was asked before counts any more: the agent is another, or begins afresh. */
  disown(): void {
    this.#disowned.push(...this.#inherited);
    this.#inherited = [];
  }

  /** True while there is only one question, and its provider can take such a call up again: now, or in a moment. */
  get mayPark(): boolean {
    return this.#parkable !== undefined;
  }

  /** Ends the agent for its question, if it has only one that can be taken up again. True if it does. */
  park(): boolean {
    if (this.#parked !== undefined) return true;
    const open = this.#parkable;
    if (open?.question.parking?.possible() !== true) return false;
    this.#parked = open;
    open.question.parking.park();
    return true;
  }

  get #parkable(): OpenQuestion | undefined {
    const [open] = this.#open.values();
    return this.#open.size === 1 && open?.question.parking !== undefined ? open : undefined;
  }

  /** The run is over, or parked: what is open is withdrawn, but for the question that it is parked for. */
  async close(parked: boolean): Promise<void> {
    await Promise.allSettled(this.#asking);
    if (parked) return;
    this.disown();
    const parkedFor = this.#parked === undefined ? [] : [this.#parked.approval];
    const left = [...this.#disowned, ...parkedFor];
    for (const approval of left) await this.#withdraw(approval, 'The run has ended.');
  }

  /** Writes the question, unless it is one that was asked before. */
  async #begin(approval: Approval, isAsked: boolean): Promise<void> {
    const { recorder, worked } = this.#options;
    const set: RowChanges<Run> = { waitingFor: 'approval' };
    if (isAsked) return await recorder.write([], { set });
    const event = requestedEvent(approval, worked());
    await recorder.write([event], { approvals: [{ create: approval }], set });
  }

  /** The row once it is answered, has expired, or was withdrawn. */
  async #answer(open: OpenQuestion): Promise<Approval> {
    const { signal } = open.question;
    open.start({
      parkAfter: this.#settings.parkAfter,
      park: () => this.park(),
    });
    for (;;) {
      const { wakes } = open;
      const row = await this.#read(open.approval.id);
      // An agent that is being ended for it hears nothing more: what is said meanwhile is for the one that goes on.
      const isParked = open === this.#parked;
      if (row.status !== 'pending' && !isParked) return row;
      if (signal.aborted) {
        this.#waiting.delete(open);
        if (!isParked) await this.#withdraw(row, 'The agent no longer waits for the answer.');
        throw abortError(signal);
      }
      if (open.isLate && !isParked) await this.#expire(row);
      else await open.woken(wakes);
    }
  }

  /** A grant that lasts is written with what it lets through: revoked, it lets nothing through after that. */
  #lasting(grant: Approval): DeskAnswer {
    const { environment, recorder } = this.#options;
    return {
      authorization: { decision: 'allow' },
      approvalId: grant.id,
      spend: async (decided) =>
        await unlessRevoked(environment.store, grant, async ({ id, version }) => {
          const set = { lastUsedAt: environment.clock.now() };
          await recorder.write([decided], { approvals: [{ id, expectedVersion: version, set }] });
        }),
    };
  }

  #applied(approval: Approval, open: OpenQuestion): DeskAnswer {
    const { environment, onStop } = this.#options;
    const { call, provider } = open.question;
    const authorization = feasible(authorizationOf(approval, call), {
      call,
      provider,
      redactor: environment.redactor,
    });
    return {
      authorization,
      approvalId: approval.id,
      spend: async (decided) => {
        this.#waiting.delete(open);
        const isSpent = await unlessRevoked(environment.store, approval, async (row) => {
          await this.#write(row, spendApproval(row, environment.clock.now()), [decided]);
        });
        if (!isSpent) {
          this.#inherited = [...this.#inherited, approval];
          return false;
        }
        const { decision } = approval;
        if (decision?.as === 'deny' && decision.stop === true)
          onStop(decision.message ?? `A person refused ${call.name} and ended the run.`);
        return true;
      },
    };
  }

  async #expire(row: Approval): Promise<void> {
    const change = expireApproval(row, this.#options.environment.clock.now());
    await this.#unlessAnswered(this.#write(row, change, [expiredEvent(row)]));
  }

  async #withdraw(row: Approval, reason: string): Promise<void> {
    const current = await this.#read(row.id);
    if (current.status !== 'pending') return;
    const change = withdrawApproval(current, this.#options.environment.clock.now(), reason);
    await this.#unlessAnswered(this.#write(current, change, [withdrawnEvent(current, reason)]));
  }

  async #write(
    { id, version }: Approval,
    set: RowChanges<Approval>,
    drafts: readonly EventDraft[],
  ): Promise<void> {
    await this.#options.recorder.write(drafts, {
      approvals: [{ id, expectedVersion: version, set }],
      ...(this.#waiting.size === 0 ? { set: { waitingFor: undefined } } : {}),
    });
  }

  /** Another was faster: what they said counts. */
  async #unlessAnswered(write: Promise<void>): Promise<void> {
    await write.catch((thrown: unknown) => {
      if (!hasErrorCode(thrown, 'conflict')) throw thrown;
    });
  }

  async #read(id: ApprovalId): Promise<Approval> {
    const row = await this.#options.environment.store.approval(id);
    if (row !== undefined) return row;
    throw new AsmError('approval_not_found', `Approval ${id} vanished from the store.`);
  }
}
