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

/** Of an agent's own tools those that must not be used. */
export function forbiddenTools(
  policy: ToolPolicy | undefined,
  known: Iterable<Pick<ToolCall, 'tool' | 'name' | 'kind'>>,
): readonly string[] {
  if (policy === undefined) return [];
  return [...known].filter((tool) => whyToolForbidden(policy, tool) !== undefined).map(({ name }) => name);
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
