import { isSupported } from '../domain/capability.ts';
import type { Cost } from '../domain/cost.ts';
import { AsmError } from '../domain/error.ts';
import type { EventData } from '../domain/event-data.ts';
import type { EventDraft } from '../domain/event.ts';
import { toJson, isJsonObject, type JsonObject } from '../domain/json.ts';
import { textField } from '../domain/json-field.ts';
import type { PolicyReport, PolicyStrength, PolicyViolation } from '../domain/policy-report.ts';
import { whyToolForbidden, type ToolPolicy, type ToolRefusal } from '../domain/tool-policy.ts';
import type { ToolCall } from '../domain/tool.ts';
import { totalTokens } from '../domain/usage.ts';
import { LimitMeter, type ExceededLimit } from '../policy/limit-meter.ts';
import { PolicyDecider, type PolicyFinding } from '../policy/policy-decision.ts';
import { assertWorkable } from '../policy/policy-preflight.ts';
import { toolPolicyOf, type LimitInForce, type MergedPolicy } from '../policy/policy-stack.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { observedCall } from './observed-call.ts';
import { mergedPolicyOf } from './policy-options.ts';
import { policyLayers } from './policy-layers.ts';
import { realPathFinder } from './real-path.ts';
import type { GuardDecision, GuardedRun, GuardMaker, RunGuard } from './run-guard.ts';

type Forbidden = Extract<PolicyFinding, { readonly is: 'forbidden' }>;

/** Violations that the row of a run holds; the log has all of them. */
const mostKept = 100;

/** Holds runs to their policies. */
export function policyGuards(redactor: Redactor): GuardMaker {
  return {
    admit({ options }) {
      const merged = mergedPolicyOf(options);
      if (merged !== undefined) assertWorkable(merged);
    },
    watch(guarded) {
      const merged = mergedPolicyOf(guarded.options);
      if (merged === undefined) return undefined;
      const guard = new PolicyGuard(guarded, merged, redactor);
      return {
        recall: (draft, at) => guard.recall(draft, at),
        begin: () => guard.begin(),
        see: (draft) => guard.see(draft),
        decide: (call) => guard.decide(call),
        end: () => guard.end(),
      };
    },
  };
}

/** Holds one run to its policy: calls before they go on, figures as they are told, time by a timer. */
class PolicyGuard implements RunGuard {
  readonly #guarded: GuardedRun;
  readonly #merged: MergedPolicy;
  readonly #redactor: Redactor;
  readonly #decider: PolicyDecider;
  readonly #meter: LimitMeter;
  readonly #refused: ToolPolicy;
  #stopTimers: readonly (() => void)[] = [];
  /** Of a run that goes on: what it did before. */
  readonly #past = { tokens: 0, usd: 0, milliseconds: 0, at: 0 };
  /** Calls that began and that nobody has asked about so far. */
  readonly #unasked = new Map<string, EventData['tool_call_started']>();
  readonly #violations: PolicyViolation[] = [];
  #violationCount = 0;
  #toolCalls = 0;
  #turns = 0;
  #costTold = false;
  #refusedBy: ToolRefusal | undefined;
  /** Calls of which a violation was told. */
  readonly #told = new Set<string>();
  /** A limit beyond which a person must say that the run may go on, and the calls that they are asked about. */
  #question: { readonly reason: string; readonly callIds: Set<string> } | undefined;
  #stopped: string | undefined;

  constructor(guarded: GuardedRun, merged: MergedPolicy, redactor: Redactor) {
    this.#guarded = guarded;
    this.#merged = merged;
    this.#redactor = redactor;
    this.#decider = new PolicyDecider(merged);
    this.#meter = new LimitMeter(merged.limits);
    this.#refused = toolPolicyOf(merged);
  }

  recall(draft: EventDraft, at: number): void {
    // The time in which nobody executed the run doesn't count.
    const { at: before } = this.#past;
    if (before > 0 && draft.type !== 'run_resumed') this.#past.milliseconds += Math.max(0, at - before);
    this.#past.at = at;
    switch (draft.type) {
      case 'agent_started':
        this.#refusedBy = draft.data.refusedTools ?? this.#refusedBy;
        return;
      case 'tool_call_started':
        ++this.#toolCalls;
        return;
      case 'tool_call_decided':
        // A question that was open when the call was allowed was about it.
        if (draft.data.decision === 'allow') this.#question = undefined;
        return;
      case 'turn_completed':
        ++this.#turns;
        return;
      case 'token_usage_updated': {
        const { usage, cost } = draft.data;
        this.#past.tokens = totalTokens(usage);
        this.#past.usd = Number(cost?.usd ?? cost?.atLeast ?? this.#past.usd);
        if (cost !== undefined) this.#costTold = cost.usd !== undefined;
        return;
      }
      case 'policy_violated':
        this.#recallViolation(draft.data);
        return;
      default:
    }
  }

  begin(): void {
    this.#stopTimers = this.#merged.limits
      .filter(({ limit }) => limit === 'duration')
      .map((limit) => this.#startTimer(limit));
    const [violation] = this.#violations.filter(({ action }) => action === 'cancel');
    if (violation !== undefined) this.#stopFor(violation);
    const { tokens, usd } = this.#past;
    this.#measure('toolCalls', this.#toolCalls);
    this.#measure('turns', this.#turns);
    this.#measure('totalTokens', tokens);
    this.#measure('costUsd', usd);
  }

  #recallViolation(violation: PolicyViolation): void {
    this.#keep(violation);
    const { policy, action, details } = violation;
    const [limit, reason] = [textField(details, 'limit'), textField(details, 'reason')];
    this.#told.add(textField(details, 'toolCallId') ?? '');
    if (limit === undefined) return;
    this.#meter.told(policy, limit);
    if (action === 'request_approval') this.#question ??= { reason: reason ?? '', callIds: new Set() };
  }

  see(draft: EventDraft): void {
    switch (draft.type) {
      case 'agent_started':
        this.#refusedBy = draft.data.refusedTools ?? this.#refusedBy;
        return;
      case 'tool_call_started':
        this.#unasked.set(draft.data.toolCallId, draft.data);
        this.#measure('toolCalls', ++this.#toolCalls);
        // This one asks about some of its calls at most.
        if (!this.#isGated()) this.#observe(draft.data.toolCallId);
        return;
      case 'tool_call_decided':
        this.#answered(draft.data);
        return;
      case 'tool_output_streamed':
      case 'tool_call_completed':
        this.#observe(draft.data.toolCallId);
        return;
      case 'tool_call_failed':
        if (draft.data.reason === 'interrupted') this.#unasked.delete(draft.data.toolCallId);
        else this.#observe(draft.data.toolCallId);
        return;
      case 'turn_completed':
        this.#measure('turns', ++this.#turns);
        return;
      case 'token_usage_updated':
        this.#measure('totalTokens', totalTokens(draft.data.usage));
        if (draft.data.cost !== undefined) this.#seeCost(draft.data.cost);
        return;
      default:
    }
  }

  decide(call: ToolCall): GuardDecision | undefined {
    this.#unasked.delete(call.id);
    if (this.#stopped !== undefined) return { decision: 'deny', reason: this.#stopped };
    const finding = this.#decider.decide(call, { cwd: this.#guarded.cwd, realPaths: realPathFinder() });
    if (finding?.is === 'forbidden') {
      this.#forbidden(call, finding, 'gated');
      return { decision: finding.action === 'request_approval' ? 'ask' : 'deny', reason: finding.reason };
    }
    if (this.#question !== undefined) {
      this.#question.callIds.add(call.id);
      return { decision: 'ask', reason: this.#question.reason };
    }
    return finding === undefined ? undefined : { decision: 'ask', reason: finding.reason };
  }

  end(): { readonly policy: PolicyReport } {
    for (const stop of this.#stopTimers) stop();
    const { name, action } = this.#merged;
    return {
      policy: {
        ...{ name, action },
        violations: this.#violations,
        violationCount: this.#violationCount,
        layers: policyLayers(this.#merged, {
          refusedTools: this.#refusedBy,
          isGated: this.#isGated(),
          isCostTold: this.#costTold,
        }),
      },
    };
  }

  /** True when the provider that does the work asks before its tools run. */
  #isGated(): boolean {
    const { provider } = this.#guarded;
    const candidates = provider.router?.candidates ?? [provider];
    return candidates.every(({ capabilities }) => isSupported(capabilities, 'approval_before_tool'));
  }

  /** A call of which one heard without being asked about it. What the agent refused by itself was only a try. */
  #observe(toolCallId: string): void {
    const data = this.#unasked.get(toolCallId);
    if (data === undefined) return;
    this.#unasked.delete(toolCallId);
    const call = observedCall(data);
    const finding = this.#decider.decide(call, { cwd: this.#guarded.cwd, realPaths: realPathFinder() });
    if (finding?.is !== 'forbidden') return;
    const isRefused =
      this.#refusedBy?.tools.includes(call.name) === true &&
      whyToolForbidden(this.#refused, call) !== undefined;
    this.#forbidden(call, finding, isRefused ? 'compiled' : 'observed');
  }

  #forbidden(call: ToolCall, finding: Forbidden, layer: PolicyStrength): void {
    if (this.#told.has(call.id)) return;
    this.#told.add(call.id);
    this.#violated(toolViolation(call, finding, layer));
  }

  #answered({ toolCallId, decision }: EventData['tool_call_decided']): void {
    this.#unasked.delete(toolCallId);
    // Refused, the question stays for the next call.
    if (decision === 'allow' && this.#question?.callIds.has(toolCallId) === true) this.#question = undefined;
  }

  /** What is known to have been spent counts, also when something else has no price. */
  #seeCost({ usd, atLeast }: Cost): void {
    this.#costTold = usd !== undefined;
    const known = usd ?? atLeast;
    if (known !== undefined) this.#measure('costUsd', Number(known));
  }

  #startTimer(limit: LimitInForce): () => void {
    const { clock } = this.#guarded;
    return clock.startTimer(Math.max(0, limit.most - this.#past.milliseconds), () => {
      for (const exceeded of this.#meter.see('duration', limit.most + 1)) {
        this.#exceeded({ ...exceeded, actual: limit.most });
      }
    });
  }

  #measure(name: Parameters<LimitMeter['see']>[0], actual: number): void {
    for (const exceeded of this.#meter.see(name, actual)) this.#exceeded(exceeded);
  }

  #exceeded({ limit: { policy, limit, most, action }, actual }: ExceededLimit): void {
    const reason = `The policy ${policy} sets the limit ${limit} to ${most}, and the run has reached ${actual}.`;
    if (action === 'request_approval') this.#question ??= { reason, callIds: new Set() };
    this.#violated({ policy, kind: 'limit_exceeded', action, details: { limit, most, actual, reason } });
  }

  #violated(given: PolicyViolation): void {
    const redacted = this.#redactor.json(given.details).value;
    const details = isJsonObject(redacted) ? redacted : {};
    const violation = { ...given, details };
    this.#keep(violation);
    this.#guarded.record({ type: 'policy_violated', data: violation });
    if (violation.action === 'cancel') this.#stopFor(violation);
  }

  #keep(violation: PolicyViolation): void {
    this.#violationCount += 1;
    if (this.#violations.length < mostKept) this.#violations.push(violation);
  }

  #stopFor({ policy, kind, details }: PolicyViolation): void {
    if (this.#stopped !== undefined) return;
    const reason = textField(details, 'reason') ?? `The policy ${policy} was violated.`;
    this.#stopped = `${reason} The run ends.`;
    this.#guarded.stop(new AsmError('policy_violation', reason, { details: { ...details, policy, kind } }));
  }
}

function toolViolation(
  call: ToolCall,
  { policy, action, rule, reason }: Forbidden,
  layer: PolicyStrength,
): PolicyViolation {
  const { id: toolCallId, name, tool, lineage } = call;
  const whose: JsonObject = lineage === undefined ? {} : { lineage: toJson({ ...lineage }) };
  return {
    ...{ policy, kind: 'tool_denied', action },
    details: { toolCallId, tool, name, rule, reason, layer, ...whose },
  };
}
