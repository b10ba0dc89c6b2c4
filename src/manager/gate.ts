import { orAborted } from '../domain/abort.ts';
import { abortError, asAsmError, AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import { isJsonObject } from '../domain/json.ts';
import { decideByRules, type ToolRules } from '../domain/tool-rule.ts';
import type { Authorization, Decider, PermissionMode, ToolCall } from '../domain/tool.ts';
import { decideByMode } from './permission-decision.ts';
import type { GuardDecision } from './run-guard.ts';

/** A tool call as the caller's function sees it. */
export interface AuthorizeRequest extends ToolCall {
  /** What happens without the function: `allow`, or `ask`, which then means deny. */
  readonly proposed: 'allow' | 'ask';
  /** Why it is asked, where more is to be said than that the mode asks. */
  readonly reason?: string;
}

/**
 * Decides about tool calls for a caller. It may take as long as it likes; when `signal` aborts, the
 * question is withdrawn and the answer ignored. If it throws, the call is denied.
 */
export type Authorize = (
  call: AuthorizeRequest,
  options: { readonly signal: AbortSignal },
) => Authorization | Promise<Authorization>;

export interface GateOptions {
  readonly mode: PermissionMode;
  readonly rules: ToolRules | undefined;
  readonly authorize: Authorize | undefined;
  /** What those who watch the run say about a call. */
  readonly guard: (call: ToolCall) => GuardDecision | undefined;
  readonly cwd: string;
  /** Takes an event in. */
  readonly record: (draft: EventDraft) => void;
  /** Resolves when what was recorded is stored. */
  readonly flush: () => Promise<void>;
  /** Aborted when the run ends: open questions are withdrawn. */
  readonly signal: AbortSignal;
  /** Told when a question to the caller opens and closes, so that clocks stand still. */
  readonly onQuestion: (open: boolean) => void;
}

interface Decided {
  readonly authorization: Authorization;
  readonly by: Decider;
}

/**
 * Decides whether a tool call goes on: rules first (deny, ask, allow), then the guards of the run, the
 * permission mode, and the caller. Every decision is in the log before the tool can run.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #decisions = new Map<string, Promise<Authorization>>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Asking twice about one call gives the one decision. */
  authorize(call: ToolCall, { signal }: { readonly signal: AbortSignal }): Promise<Authorization> {
    const earlier = this.#decisions.get(call.id);
    if (earlier !== undefined) return earlier;
    const decision = this.#decide(call, AbortSignal.any([signal, this.#options.signal]));
    this.#decisions.set(call.id, decision);
    return decision;
  }

  async #decide(call: ToolCall, signal: AbortSignal): Promise<Authorization> {
    const { record, flush } = this.#options;
    if (signal.aborted) throw abortError(signal);
    record({
      type: 'tool_call_started',
      data: {
        toolCallId: call.id,
        name: call.name,
        tool: call.tool,
        kind: call.kind,
        input: call.input,
        ...(call.lineage === undefined ? {} : { lineage: call.lineage }),
      },
    });
    const { authorization, by } = await this.#answer(call, signal);
    record({
      type: 'tool_call_decided',
      data: {
        toolCallId: call.id,
        decision: authorization.decision,
        by,
        ...(authorization.decision === 'deny' ? { reason: authorization.reason } : {}),
        ...(authorization.decision === 'allow' && authorization.changedInput !== undefined
          ? { changedInput: authorization.changedInput }
          : {}),
      },
    });
    await flush();
    // What was stopped meanwhile runs no tool any more.
    if (signal.aborted) throw abortError(signal);
    return authorization;
  }

  async #answer(call: ToolCall, signal: AbortSignal): Promise<Decided> {
    const { mode, rules, guard, cwd } = this.#options;
    const byRule = rules === undefined ? undefined : decideByRules(call, rules, { cwd });
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
    const proposed = byGuard?.decision ?? byRule?.decision ?? byMode.decision;
    if (mode !== 'dangerously_skip_permissions' || proposed === 'ask') {
      const why = byGuard === undefined ? {} : { reason: byGuard.reason };
      const answer = await this.#askCaller({ ...call, proposed, ...why }, signal);
      if (answer !== undefined) return answer;
    }
    if (proposed === 'allow') {
      return { authorization: { decision: 'allow' }, by: byRule === undefined ? 'mode' : 'rule' };
    }
    const reason = `${call.name} needs a permission, and nobody is there to give it.`;
    return { authorization: { decision: 'deny', reason }, by: 'default' };
  }

  async #askCaller(request: AuthorizeRequest, signal: AbortSignal): Promise<Decided | undefined> {
    const { authorize, record, flush, onQuestion } = this.#options;
    if (authorize === undefined) return undefined;
    await flush();
    onQuestion(true);
    try {
      const authorization = await orAborted(Promise.resolve(authorize(request, { signal })), signal);
      if (isAuthorization(authorization)) return { authorization, by: 'caller' };
      throw new AsmError('invalid_input', 'The authorize function gave neither allow nor deny.');
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

function isAuthorization(value: Authorization | undefined): value is Authorization {
  return value?.decision === 'allow'
    ? value.changedInput === undefined || isJsonObject(value.changedInput)
    : value?.decision === 'deny' && typeof value.reason === 'string';
}
