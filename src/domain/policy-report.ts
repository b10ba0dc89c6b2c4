import type { JsonObject } from './json.ts';

/** What happens to the run when its policy is violated; the strictest first. What is forbidden is refused in any case. */
export const policyActions = ['cancel', 'request_approval', 'warn'] as const;
export type PolicyAction = (typeof policyActions)[number];

/** Limits of a policy. */
export const policyLimitNames = ['totalTokens', 'duration', 'toolCalls', 'costUsd', 'turns'] as const;
export type PolicyLimitName = (typeof policyLimitNames)[number];

/** What may be violated. */
export const violationKinds = ['tool_denied', 'limit_exceeded'] as const;
export type ViolationKind = (typeof violationKinds)[number];

/**
 * How firmly something holds. `compiled`: the agent itself was told to refuse it. `gated`: decided before the tool
 * runs. `observed`: seen once it has happened; the run can then be ended, but what was done is done. `unheld`:
 * nothing told what would have to be known.
 */
export const policyStrengths = ['compiled', 'gated', 'observed', 'unheld'] as const;
export type PolicyStrength = (typeof policyStrengths)[number];

/** One violation of a policy; each is told once. */
export interface PolicyViolation {
  /** Name of the policy, of several in force the one that was violated. */
  readonly policy: string;
  readonly kind: ViolationKind;
  readonly action: PolicyAction;
  /** For `tool_denied` the call, the rule and the reason; for `limit_exceeded` the limit, its most and the figure. */
  readonly details: JsonObject;
}

/** Rules and limits that held with one strength. */
export interface PolicyLayer {
  readonly layer: PolicyStrength;
  /** As they are printed: `deny bash(rm)`, `totalTokens 1000`. */
  readonly holds: readonly string[];
  /** How, in the provider's own words, where it was told: `disallowedTools: Bash, Monitor`. */
  readonly how?: string;
}

/** What the row of a run tells of its policy. */
export interface PolicyReport {
  /** Names of all policies in force, joined. */
  readonly name: string;
  /** What violations lead to where no rule or limit says otherwise. */
  readonly action: PolicyAction;
  /** At most the first hundred. */
  readonly violations: readonly PolicyViolation[];
  /** Of all violations. */
  readonly violationCount: number;
  readonly layers: readonly PolicyLayer[];
}
