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
import { Countdown } from './countdown.ts';
import { toolCallFromEvent } from './observed-call.ts';
import { mergedPolicyOf } from './policy-options.ts';
import { policyLayers } from './policy-layers.ts';
import { realPathFinder } from './real-path.ts';
import type { GuardDecision, GuardedRun, GuardMaker, RunGuard, WaitedFor } from './run-guard.ts';
import { WorkedTime } from './worked-time.ts';

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
        wait: (what, begins) => guard.wait(what, begins),
        end: () => guard.end(),
      };
    },
  };
}

/**
 * Holds one run to its policy: calls before they go on, figures as they are told, time by a timer that stands
 * still while a person is asked. A run that goes on is held to what is left of its limits.
 */
class PolicyGuard implements RunGuard {
  readonly #guarded: GuardedRun;
  readonly #merged: MergedPolicy;
  readonly #redactor: Redactor;
  readonly #decider: PolicyDecider;
  readonly #meter: LimitMeter;
  readonly #refused: ToolPolicy;
  readonly #countdowns: Countdown[] = [];
  /** Of a run that goes on: what it did before. */
  readonly #past = { tokens: 0, usd: 0, worked: new WorkedTime() };
  /** Calls that began and that nobody has asked about so far. */
  readonly #unasked = new Map<string, EventData['tool_call_started']>();
  readonly #violations: PolicyViolation[] = [];
  #violationCount = 0;
  #toolCalls = 0;
  #turns = 0;
  #questions = 0;
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
    this.#past.worked.see(draft, at);
    switch (draft.type) {
      case 'agent_started':
        this.#refusedBy = draft.data.refusedTools ?? this.#refusedBy;
        return;
      case 'tool_call_started':
        ++this.#toolCalls;
        return;
      case 'tool_call_decided':
        // A question that was open when a person or the caller allowed the call was about it.
        if (draft.data.decision === 'allow' && (draft.data.by === 'approval' || draft.data.by === 'caller'))
          this.#question = undefined;
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
    for (const limit of this.#merged.limits)
      if (limit.limit === 'duration') this.#countdowns.push(this.#countDown(limit));
    const [violation] = this.#violations.filter(({ action }) => action === 'cancel');
    if (violation !== undefined) this.#stopFor(violation);
    const { tokens, usd } = this.#past;
    this.#measure('toolCalls', this.#toolCalls);
    this.#measure('turns', this.#turns);
    this.#measure('totalTokens', tokens);
    this.#measure('costUsd', usd);
  }

  /** The run works on while it waits for a quota, but not while it waits for a person. */
  wait(what: WaitedFor, begins: boolean): void {
    if (what !== 'person') return;
    this.#questions += begins ? 1 : -1;
    for (const countdown of this.#countdowns) {
      if (this.#questions > 0) countdown.pause();
      else countdown.run();
    }
  }

  /** What was told before is not told again. */
  #recallViolation(violation: PolicyViolation): void {
    this.#keep(violation);
    const { policy, kind, action, details } = violation;
    const toolCallId = textField(details, 'toolCallId');
    if (toolCallId !== undefined) this.#told.add(toolCallId);
    const limit = textField(details, 'limit');
    if (limit !== undefined) this.#meter.told(policy, limit);
    if (kind !== 'limit_exceeded' || action !== 'request_approval') return;
    const reason = textField(details, 'reason') ?? `A limit of the policy ${policy} was exceeded.`;
    this.#question ??= { reason, callIds: new Set() };
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
    for (const countdown of this.#countdowns) countdown.pause();
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
    const call = toolCallFromEvent(data);
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

  #countDown(limit: LimitInForce): Countdown {
    const left = Math.max(0, limit.most - this.#past.worked.milliseconds);
    const countdown = new Countdown(this.#guarded.clock, left, () => {
      for (const exceeded of this.#meter.see('duration', limit.most + 1)) {
        this.#exceeded({ ...exceeded, actual: limit.most });
      }
    });
    countdown.run();
    return countdown;
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
