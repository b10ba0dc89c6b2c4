import type { PolicyAction, PolicyLimitName } from '../domain/policy-report.ts';
import type { ToolRule } from '../domain/tool-rule.ts';

/** The most of something, by itself or with what happens beyond it. */
export type PolicyLimit = number | { readonly most: number; readonly action?: PolicyAction };

/**
 * Limits of one run, all its attempts and subagents included. `totalTokens`: of all classes. `duration`:
 * milliseconds, without the time in which a person is asked. `toolCalls`: that the agent wants to make. `costUsd`: US dollars. `turns`: answers
 * of the model.
 */
export type PolicyLimits = { readonly [Name in PolicyLimitName]?: PolicyLimit };

/** A rule as `parseToolRule` reads it, or its parts, with what happens to the run when it is violated. */
export type PolicyRule = string | (ToolRule & { readonly action?: PolicyAction });

/** Rules about tool calls. They only take away: nothing is allowed by them that would be refused without. */
export interface PolicyRules {
  /** How a tool may be used: a tool that any of these rules names is refused unless one of them covers the call. */
  readonly allow?: readonly PolicyRule[];
  /** What is refused. */
  readonly deny?: readonly PolicyRule[];
  /** What a person or the caller has to allow; no violation. */
  readonly ask?: readonly PolicyRule[];
}

/** What a run may do. Several policies are in force together: see `mergePolicies`. */
export interface Policy {
  /** Default `policy`. */
  readonly name?: string;
  readonly limits?: PolicyLimits;
  readonly rules?: PolicyRules;
  /**
   * None but these tools, by canonical names; a `*` at the end stands for any rest. Tools that only move the agent's
   * own state, such as its list of steps, are always allowed.
   */
  readonly tools?: readonly string[];
  /**
   * What a violation leads to. `cancel`: the run ends with `policy_violation`. `request_approval`: the call waits for
   * a decision; of a limit the next call. `warn`: the run goes on. What a rule denies is refused in any case, but
   * with `request_approval`. Default `cancel`, or in a stack what the others say.
   */
  readonly action?: PolicyAction;
}
