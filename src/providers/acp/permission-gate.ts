import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';
import { createAllowedCalls, type AllowedCalls } from '../../bridge/allowed-calls.ts';
import { calledClientTool } from '../../domain/client-tool.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';

/** Takes the ways in which a call can be asked about to one decision. */
export interface PermissionGate {
  /** Decides about a call; asked again, the answer is the same. Never rejects: what fails is a denial. */
  decide(call: ToolCall, signal: AbortSignal): Promise<Authorization>;
  /** True when the call was refused. */
  isDenied(toolCallId: string): boolean;
  /** True when any call was refused. */
  readonly hasDenied: boolean;
  /** The calls of client tools that were allowed, by their tools' own names. */
  readonly allowed: Pick<AllowedCalls, 'spend'>;
}

export interface PermissionGateOptions {
  readonly authorize: (call: ToolCall, options: { readonly signal: AbortSignal }) => Promise<Authorization>;
  /** Aborted when the turn is stopped or the run ends: open questions are withdrawn. */
  readonly stopping: AbortSignal;
  readonly cwd: string;
}

const reused = 'Another tool call with the same id was decided before, so this one is refused.';
const unchangeable = 'It was allowed only with another input, which this agent cannot take.';

/** Makes the gate's side of one run. */
export function createPermissionGate(options: PermissionGateOptions): PermissionGate {
  const asked = new Map<string, { readonly call: ToolCall; readonly answer: Promise<Authorization> }>();
  const denied = new Set<string>();
  const allowed = createAllowedCalls();

  const ask = async (call: ToolCall, signal: AbortSignal): Promise<Authorization> => {
    try {
      const authorization = await options.authorize(call, {
        signal: AbortSignal.any([signal, options.stopping]),
      });
      if (authorization.decision === 'deny' || authorization.changedInput === undefined) return authorization;
      if (calledClientTool(call) !== undefined) return authorization;
      return isDeepStrictEqual(authorization.changedInput, call.input)
        ? { decision: 'allow' }
        : { decision: 'deny', reason: unchangeable };
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : 'no answer';
      return { decision: 'deny', reason: `The permission could not be decided: ${reason}` };
    }
  };

  /** The agent hears only yes or no: what a client tool is called with in another way is known here. */
  const settle = async (call: ToolCall, signal: AbortSignal): Promise<Authorization> => {
    const authorization = await ask(call, signal);
    if (authorization.decision === 'deny') {
      denied.add(call.id);
      return authorization;
    }
    const clientTool = calledClientTool(call);
    if (clientTool !== undefined) allowed.allow(clientTool, call.input, authorization.changedInput);
    return { decision: 'allow' };
  };

  return {
    async decide(call, signal) {
      // It only loads descriptions of tools, whose calls are asked about in their turn.
      if (call.tool === 'tool_search' && call.kind === 'internal') return { decision: 'allow' };
      const earlier = asked.get(call.id);
      if (earlier !== undefined) {
        if (isSameCall(earlier.call, call, options.cwd)) return await earlier.answer;
        denied.add(call.id);
        return { decision: 'deny', reason: reused };
      }
      const answer = settle(call, signal);
      asked.set(call.id, { call, answer });
      return await answer;
    },
    isDenied: (id) => denied.has(id),
    get hasDenied() {
      return denied.size > 0;
    },
    allowed,
  };
}

/** The same in all that rules and modes decide by: agents fill in defaults and make paths absolute in between. */
function isSameCall(first: ToolCall, second: ToolCall, cwd: string): boolean {
  const paths = (call: ToolCall): readonly string[] =>
    [...new Set((call.paths ?? []).map((path) => resolve(cwd, path)))].sort();
  return (
    first.tool === second.tool &&
    first.kind === second.kind &&
    first.command === second.command &&
    isDeepStrictEqual(paths(first), paths(second))
  );
}
