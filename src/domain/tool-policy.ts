import { reachesTool } from './tool-rule-match.ts';
import type { ToolCall } from './tool.ts';

/** Tools that a run must not use at all, whatever their input, by canonical names; a `*` at the end stands for any rest. */
export interface ToolPolicy {
  readonly deny: readonly string[];
  /** Each list: none but these. Tools that only move the agent's own state are always allowed. */
  readonly only: readonly (readonly string[])[];
}

/** Why a tool may not be used at all: the name that denies it, or the list that it isn't on. */
export function whyToolForbidden(
  policy: ToolPolicy,
  tool: Pick<ToolCall, 'tool' | 'name' | 'kind'>,
): string | undefined {
  const denied = policy.deny.find((name) => reachesTool({ tool: name }, tool));
  if (denied !== undefined) return `${denied} is denied`;
  const list = policy.only.find((names) => !isAmong(names, tool));
  return list === undefined ? undefined : `only ${list.join(', ')} may be used`;
}

/** What an agent itself was told to refuse. */
export interface ToolRefusal {
  /** The agent's own setting that tells it. */
  readonly setting: string;
  /** The tools, by the agent's own names. */
  readonly tools: readonly string[];
  /** What of the policy is told by that: the names that are denied, and `only …` for lists. */
  readonly rules: readonly string[];
}

/** Has an agent refuse those of the tools that must not be used; `undefined` when there are none. */
export function refuseTools(
  setting: string,
  policy: ToolPolicy | undefined,
  known: Iterable<Pick<ToolCall, 'tool' | 'name' | 'kind'>>,
): ToolRefusal | undefined {
  if (policy === undefined) return undefined;
  const tools = [...known].filter((tool) => whyToolForbidden(policy, tool) !== undefined);
  if (tools.length === 0) return undefined;
  const rules = [
    ...policy.deny.filter((name) => tools.some((tool) => reachesTool({ tool: name }, tool))),
    ...policy.only
      .filter((names) => tools.some((tool) => !isAmong(names, tool)))
      .map((names) => `only ${names.join(', ')}`),
  ];
  // A tool may be known by one name and several deeds.
  return { setting, tools: [...new Set(tools.map(({ name }) => name))], rules };
}

/** True when a list of the only tools has this one; what moves nothing but the agent's own state always counts. */
export function isAmong(names: readonly string[], tool: Pick<ToolCall, 'tool' | 'kind'>): boolean {
  if (tool.kind === 'internal') return true;
  const known = tool.tool.toLowerCase();
  return names.some((name) => {
    const wanted = name.toLowerCase();
    return wanted.endsWith('*') ? known.startsWith(wanted.slice(0, -1)) : known === wanted;
  });
}
