import { isWithin } from '../domain/path-containment.ts';
import type { PermissionMode, ToolCall, ToolKind } from '../domain/tool.ts';
import { realPaths } from './real-path.ts';

/** What a permission mode says about a tool call. */
export type ModeDecision =
  | { readonly decision: 'allow' }
  /** A person has to say. */
  | { readonly decision: 'ask' }
  /** No person can allow it. */
  | { readonly decision: 'deny'; readonly reason: string };

const looks: ReadonlySet<ToolKind> = new Set(['read', 'search', 'internal', 'agent']);
/** What may go on without a person in every mode but `plan`: the caller's own functions, too. */
const harmless: ReadonlySet<ToolKind> = new Set([...looks, 'client']);
const changesNothing: ReadonlySet<ToolKind> = new Set(['read', 'search', 'internal', 'agent', 'fetch']);

/**
 * The five permission modes.
 *
 * - `default`: looking is allowed, and the caller's own client tools; everything else is asked.
 * - `accept_edits`: edits inside the working folder are allowed, too.
 * - `plan`: what changes nothing is allowed, the plan itself is asked; all else is refused.
 * - `full_auto`: everything is allowed but questions to the person and edits outside the folder.
 * - `dangerously_skip_permissions`: everything is allowed.
 */
export function decideByMode(mode: PermissionMode, call: ToolCall, cwd: string): ModeDecision {
  switch (mode) {
    case 'default':
      return harmless.has(call.kind) ? { decision: 'allow' } : { decision: 'ask' };
    case 'accept_edits':
      return harmless.has(call.kind) || (call.kind === 'edit' && staysInside(call, cwd))
        ? { decision: 'allow' }
        : { decision: 'ask' };
    case 'plan':
      if (changesNothing.has(call.kind)) return { decision: 'allow' };
      if (call.kind === 'plan' || call.kind === 'question') return { decision: 'ask' };
      return { decision: 'deny', reason: `${call.name} could change something, and the run only plans.` };
    case 'full_auto':
      if (call.kind === 'question' || call.kind === 'plan') return { decision: 'ask' };
      return call.kind === 'edit' && !staysInside(call, cwd) ? { decision: 'ask' } : { decision: 'allow' };
    case 'dangerously_skip_permissions':
      return { decision: 'allow' };
  }
}

/** True when the call names paths and all of them lie in the folder, also where links lead. */
function staysInside(call: ToolCall, cwd: string): boolean {
  if (call.paths === undefined || call.paths.length === 0) return false;
  const [root = cwd] = realPaths(cwd, '/');
  return call.paths.every((path) =>
    realPaths(path, cwd).every((real) => real !== root && isWithin(root, real)),
  );
}
