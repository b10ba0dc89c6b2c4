import type { CapabilityName } from '../domain/capability.ts';
import { checkPolicies, checkPolicy } from '../policy/policy-check.ts';
import { mergePolicies, type MergedPolicy } from '../policy/policy-stack.ts';
import type { Policy } from '../policy/policy.ts';

/** Where policies are given: one, or several, which stack. */
export interface PolicyOptions {
  /** What runs may do. Stacks with `policies`, and with those of the manager. */
  readonly policy?: Policy;
  readonly policies?: readonly Policy[];
}

/** Throws `invalid_input` or `unknown_option` for what types alone can't keep out. */
export function checkPolicyOptions({ policy, policies }: PolicyOptions): void {
  if (policy !== undefined) checkPolicy(policy);
  if (policies !== undefined) checkPolicies(policies);
}

/** All policies that the options name, those in `policies` last. */
export function policiesOf({ policy, policies = [] }: PolicyOptions): readonly Policy[] {
  return policy === undefined ? policies : [policy, ...policies];
}

/** The options with all policies of these stacks in force, each once, besides their own. */
export function withPolicies<Options extends PolicyOptions>(
  options: Options,
  ...stacks: readonly (readonly Policy[])[]
): Options {
  const all = [...stacks.flat(), ...policiesOf(options)];
  if (all.length === 0) return options;
  const { policy: _one, policies: _several, ...rest } = options;
  const once = new Map(all.map((policy) => [JSON.stringify(policy), policy]));
  return { ...options, ...rest, policy: undefined, policies: [...once.values()] };
}

/** What the options' policies are together; `undefined` without any. */
export function mergedPolicyOf(options: PolicyOptions): MergedPolicy | undefined {
  const policies = policiesOf(options);
  return policies.length === 0 ? undefined : mergePolicies(policies.map((policy) => checkPolicy(policy)));
}

/** What a provider must be able to do so that the policies hold before something happens, not after it. */
export function policyNeeds(options: PolicyOptions): readonly CapabilityName[] {
  const merged = mergedPolicyOf(options);
  if (merged === undefined) return [];
  const { deny, ask, allow, tools, limits } = merged;
  const asks = limits.some(({ action }) => action === 'request_approval');
  const needs: readonly (readonly [boolean, CapabilityName])[] = [
    [[deny, ask, allow, tools].some((rules) => rules.length > 0) || asks, 'approval_before_tool'],
    [limits.some(({ limit }) => limit === 'toolCalls'), 'tool_events'],
    [limits.some(({ limit }) => limit === 'totalTokens'), 'usage_reported'],
    [limits.some(({ limit }) => limit === 'turns'), 'usage_per_answer'],
  ];
  return needs.flatMap(([isNeeded, capability]) => (isNeeded ? [capability] : []));
}
