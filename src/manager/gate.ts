import { orAborted } from '../domain/abort.ts';
import { abortError, asAsmError, AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import { isJsonObject } from '../domain/json.ts';
import { decideByRules, type ToolRules } from '../domain/tool-rule.ts';
import type { Authorization, Decider, PermissionMode, ToolCall } from '../domain/tool.ts';
import type { Parking } from '../ports/provider.ts';
import type { DeskAnswer } from './approval-desk.ts';
import { callWithInput } from './observed-call.ts';
import { decideByMode } from './permission-decision.ts';
import { realPathFinder } from './real-path.ts';
import type { GuardDecision } from './run-guard.ts';

/** The answer of a caller's function that wants a person to say. */
export interface AskPerson {
  readonly decision: 'ask';
  /** Why, for the person and the log. */
  readonly reason?: string;
}

/** A tool call as the caller's function sees it. */
export interface AuthorizeRequest extends ToolCall {
  /** What happens without the function: `allow`, or `ask`, which means deny unless the run has approvals. */
  readonly proposed: 'allow' | 'ask';
  /** Why it is asked, where more is to be said than that the mode asks. */
  readonly reason?: string;
}

/**
 * Decides about tool calls for a caller. It may take as long as it likes; when `signal` aborts, the
 * question is withdrawn and the answer ignored. If it throws, the call is denied. With `ask` the call
 * waits for a durable approval.
 */
export type Authorize = (
  call: AuthorizeRequest,
  options: { readonly signal: AbortSignal },
) => Authorization | AskPerson | Promise<Authorization | AskPerson>;

export interface GateOptions {
  readonly mode: PermissionMode;
  readonly rules: ToolRules | undefined;
  readonly authorize: Authorize | undefined;
  /** What those who watch the run say about a call. */
  readonly guard: (call: ToolCall) => GuardDecision | undefined;
  readonly cwd: string;
  /** What the caller allowed, as far as it can be done. */
  readonly feasible: (authorization: Authorization, call: ToolCall) => Authorization;
  /** Takes an event in. */
  readonly record: (draft: EventDraft) => void;
  /** Told an event that another has taken in. */
  readonly observe: (draft: EventDraft) => void;
  /** Resolves when what was recorded is stored. */
  readonly flush: () => Promise<void>;
  /** Aborted when the run ends: open questions are withdrawn. */
  readonly signal: AbortSignal;
  /** Takes a call to a person who may be anywhere. */
  readonly askPerson: (
    call: ToolCall,
    reason: string,
    options: { readonly signal: AbortSignal; readonly parking: Parking | undefined },
  ) => Promise<DeskAnswer>;
  /** True for a call about which a person was asked before, when the agent was another process. */
  readonly wasAsked: (call: ToolCall) => boolean;
  /** True: a call that needs a person waits for one; else it is refused. */
  readonly approvals: boolean;
  /** Told when a question to the caller opens and closes, so that clocks stand still. */
  readonly onQuestion: (open: boolean) => void;
  /** Milliseconds that the run has worked so far. */
  readonly worked: () => number;
}

interface Decided {
  readonly authorization: Authorization;
  readonly by: Decider;
  /** What a person said of it, and the question that they were asked. */
  readonly answer?: DeskAnswer;
  readonly why?: string;
}

interface AskOptions {
  readonly signal: AbortSignal;
  readonly parking?: Parking;
}

/**
 * Decides whether a tool call goes on: rules first (deny, ask, allow), then the guards of the run, the
 * permission mode, the caller, and a person. Every decision is in the log before the tool can run.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #decisions = new Map<string, Promise<Authorization>>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Asking twice about one call gives the one decision. */
  authorize(call: ToolCall, options: AskOptions): Promise<Authorization> {
    const earlier = this.#decisions.get(call.id);
    if (earlier !== undefined) return earlier;
    const signal = AbortSignal.any([options.signal, this.#options.signal]);
    const decision = this.#decide(call, { ...options, signal });
    this.#decisions.set(call.id, decision);
    return decision;
  }

  async #decide(call: ToolCall, options: AskOptions): Promise<Authorization> {
    const { record, flush } = this.#options;
    const { signal } = options;
    if (signal.aborted) throw abortError(signal);
    record({
      type: 'tool_call_started',
      data: {
        toolCallId: call.id,
        name: call.name,
        tool: call.tool,
        kind: call.kind,
        input: call.input,
        ...(call.remarks === undefined ? {} : { remarks: call.remarks }),
        ...(call.lineage === undefined ? {} : { lineage: call.lineage }),
      },
    });
    for (let decided = await this.#answer(call, options); ;) {
      const { authorization, by, answer } = this.#checkAnswer(call, decided);
      const draft = this.#decidedEvent(call, {
        ...{ authorization, by },
        ...(answer === undefined ? {} : { answer }),
      });
      if (answer === undefined) {
        record(draft);
        await flush();
        // What was stopped meanwhile runs no tool any more.
        if (signal.aborted) throw abortError(signal);
        return authorization;
      }
      // Nobody waits any more: what was said stays unused.
      if (signal.aborted) throw abortError(signal);
      // One write: nobody can find the answer unspent after the tool was let through.
      if (await answer.spend(draft)) {
        this.#options.observe(draft);
        return authorization;
      }
      decided = await this.#askPerson(call, decided.why, options);
    }
  }

  async #answer(call: ToolCall, options: AskOptions): Promise<Decided> {
    const { mode, rules, guard, cwd, approvals } = this.#options;
    const byRule =
      rules === undefined ? undefined : decideByRules(call, rules, { cwd, realPaths: realPathFinder() });
    if (byRule?.decision === 'deny') {
      return { authorization: { decision: 'deny', reason: byRule.reason }, by: 'rule' };
    }
    const byGuard = guard(call);
    if (byGuard?.decision === 'deny') {
      return { authorization: { decision: 'deny', reason: byGuard.reason }, by: 'policy' };
    }
    const byMode = decideByMode(mode, call, cwd);
    // A rule can't open what the mode keeps shut: in `plan` no write gets through.
    if (byMode.decision === 'deny') return { authorization: byMode, by: 'mode' };
    // Their word counts, whatever asked for it then, and whether that asks again or not.
    if (this.#options.wasAsked(call)) return await this.#askPerson(call, byGuard?.reason, options);
    const proposed = byGuard?.decision ?? byRule?.decision ?? byMode.decision;
    if (mode !== 'dangerously_skip_permissions' || proposed === 'ask') {
      const why = byGuard === undefined ? {} : { reason: byGuard.reason };
      const answer = await this.#askCaller({ ...call, proposed, ...why }, options.signal);
      if (answer !== undefined && 'authorization' in answer) return answer;
      if (answer !== undefined) return await this.#askPerson(call, answer.reason ?? byGuard?.reason, options);
    }
    if (proposed === 'allow') {
      return { authorization: { decision: 'allow' }, by: byRule === undefined ? 'mode' : 'rule' };
    }
    const why = byGuard?.reason ?? (byRule?.decision === 'ask' ? byRule.reason : undefined);
    if (approvals) return await this.#askPerson(call, why, options);
    const reason = `${call.name} needs a permission, and nobody is there to give it.${why === undefined ? '' : ` ${why}`}`;
    return { authorization: { decision: 'deny', reason }, by: 'default' };
  }

  /**
   * Nobody who was asked can make of a call what is forbidden: by another input, or since meanwhile a link was made
   * that leads elsewhere, or a limit was reached. An answer is spent by that, too.
   */
  #checkAnswer(call: ToolCall, decided: Decided): Decided {
    const { authorization, by } = decided;
    if (authorization.decision === 'deny' || (by !== 'caller' && by !== 'approval')) return decided;
    const { rules, guard, cwd } = this.#options;
    const { changedInput } = authorization;
    const allowed = changedInput === undefined ? call : callWithInput(call, changedInput);
    const byRule =
      rules === undefined ? undefined : decideByRules(allowed, rules, { cwd, realPaths: realPathFinder() });
    if (byRule?.decision === 'deny') {
      return { ...decided, authorization: { decision: 'deny', reason: byRule.reason }, by: 'rule' };
    }
    const byGuard = guard(allowed);
    return byGuard?.decision === 'deny'
      ? { ...decided, authorization: { decision: 'deny', reason: byGuard.reason }, by: 'policy' }
      : decided;
  }

  #decidedEvent(call: ToolCall, { authorization, by, answer }: Decided): EventDraft {
    const { authorize, worked } = this.#options;
    return {
      type: 'tool_call_decided',
      data: {
        toolCallId: call.id,
        decision: authorization.decision,
        by,
        ...(answer === undefined ? {} : { approvalId: answer.approvalId }),
        ...(authorization.decision === 'deny' ? { reason: authorization.reason } : {}),
        ...(authorization.decision === 'allow' && authorization.changedInput !== undefined
          ? { changedInput: authorization.changedInput }
          : {}),
        // Of the time in which the caller was asked nothing else is in the log.
        ...(authorize === undefined ? {} : { workedMs: worked() }),
      },
    };
  }

  async #askPerson(
    call: ToolCall,
    why: string | undefined,
    { signal, parking }: AskOptions,
  ): Promise<Decided> {
    const reason = why ?? defaultReason(call);
    const answer = await this.#options.askPerson(call, reason, { signal, parking });
    return { authorization: answer.authorization, by: 'approval', answer, why: reason };
  }

  async #askCaller(request: AuthorizeRequest, signal: AbortSignal): Promise<Decided | AskPerson | undefined> {
    const { authorize, feasible, record, onQuestion } = this.#options;
    if (authorize === undefined) return undefined;
    onQuestion(true);
    try {
      const authorization = await orAborted(Promise.resolve(authorize(request, { signal })), signal);
      if (isAskPerson(authorization)) return authorization;
      if (isAuthorization(authorization))
        return { authorization: feasible(authorization, request), by: 'caller' };
      throw new AsmError('invalid_input', 'The authorize function gave neither allow nor deny nor ask.');
    } catch (thrown) {
      if (signal.aborted) throw abortError(signal);
      const message = thrown instanceof Error ? thrown.message : asAsmError(thrown).message;
      record({
        type: 'warning_raised',
        data: { code: 'authorize_failed', message: `The authorize function failed: ${message}` },
      });
      const reason = 'The permission could not be decided, so it is refused.';
      return { authorization: { decision: 'deny', reason }, by: 'default' };
    } finally {
      onQuestion(false);
    }
  }
}

function defaultReason(call: ToolCall): string {
  return call.kind === 'question' ? 'The agent asks a question.' : `${call.name} needs a permission.`;
}

function isAskPerson(value: Authorization | AskPerson | undefined): value is AskPerson {
  return value?.decision === 'ask' && (value.reason === undefined || typeof value.reason === 'string');
}

function isAuthorization(value: Authorization | AskPerson | undefined): value is Authorization {
  return value?.decision === 'allow'
    ? value.changedInput === undefined || isJsonObject(value.changedInput)
    : value?.decision === 'deny' && typeof value.reason === 'string';
}
