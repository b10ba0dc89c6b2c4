import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../domain/json.ts';
import { isJsonObject, toJson } from '../../domain/json.ts';
import type { Authorization, ToolCall, ToolLineage } from '../../domain/tool.ts';
import type { Parking, RunHost } from '../../ports/provider.ts';
import { textField } from '../../domain/json-field.ts';
import { buildToolCall, toolInput, type ClientToolNames } from './tool-call.ts';

/** The answer to Claude Code's hook before a tool call; always a decision, never "go on as you like". */
export interface HookAnswer {
  readonly hookSpecificOutput: {
    readonly hookEventName: 'PreToolUse';
    /** `defer`: the program ends, and asks again when its conversation is resumed. */
    readonly permissionDecision: 'allow' | 'deny' | 'defer';
    readonly permissionDecisionReason?: string;
    readonly updatedInput?: Record<string, unknown>;
  };
}

/** The answer to Claude Code's own permission question. */
export type PermissionAnswer =
  | { behavior: 'allow'; updatedInput: Record<string, unknown> }
  | { behavior: 'deny'; message: string };

/** Who makes a call that Claude Code asks about. */
export interface PermissionCaller {
  readonly toolCallId: string;
  readonly agentId?: string | undefined;
  readonly signal: AbortSignal;
}

/** Takes Claude Code's two ways to ask about a tool call to the one gate. */
export interface PermissionHook {
  /** The hook before every tool call. Never rejects: what fails is a denial. */
  beforeTool(input: unknown, toolCallId: string | undefined, signal: AbortSignal): Promise<HookAnswer>;
  /** Claude Code's own question, asked for some calls after the hook. The same call is not asked again. */
  canUseTool(
    name: string,
    input: Record<string, unknown>,
    caller: PermissionCaller,
  ): Promise<PermissionAnswer>;
  /** True when the call was refused. */
  isDenied(toolCallId: string): boolean;
  /** Number of questions that wait for an answer. */
  readonly openQuestions: number;
  /** True once the program was told to end with a question open. */
  readonly parked: boolean;
}

export interface PermissionHookOptions {
  readonly authorize: RunHost['authorize'];
  /** True while the call is the only one there is, so that it is not lost if the program ends for it. */
  readonly isAlone: (toolCallId: string) => boolean;
  /** What is known about the subagent that makes a call. */
  readonly lineageOf: (agentId: string, agentType: string | undefined) => ToolLineage;
  readonly clientTools: ClientToolNames;
  /** Aborted when the agent is about to be ended: then a question gets no answer any more. */
  readonly stopping: AbortSignal;
}

type AskOptions = Parameters<RunHost['authorize']>[1];

interface Asked {
  readonly name: string;
  /** The input that was asked about, and the one that was allowed where it is another. */
  readonly inputs: readonly JsonObject[];
  readonly authorization: Authorization;
}

const reused = 'Another tool call with the same id was decided before, so this one is refused.';

/** Makes the gate's Claude Code side for one run. */
export function createPermissionHook(options: PermissionHookOptions): PermissionHook {
  const asked = new Map<string, Promise<Asked>>();
  let openQuestions = 0;
  let parked = false;

  const ask = async (call: ToolCall, how: AskOptions): Promise<Asked> => {
    const authorization = await decide(call, how);
    const changed = authorization.decision === 'allow' ? authorization.changedInput : undefined;
    return {
      name: call.name,
      inputs: changed === undefined ? [call.input] : [call.input, changed],
      authorization,
    };
  };

  const decide = async (call: ToolCall, how: AskOptions): Promise<Authorization> => {
    // It only loads descriptions of tools, whose calls are asked about in their turn.
    if (call.tool === 'tool_search' && call.kind === 'internal') return { decision: 'allow' };
    openQuestions += 1;
    try {
      return await options.authorize(call, how);
    } catch (thrown) {
      // Told "no" now, the agent would ask the model once more before it is ended.
      if (options.stopping.aborted) await new Promise<never>(() => {});
      const reason = thrown instanceof Error ? thrown.message : 'no answer';
      return { decision: 'deny', reason: `The permission could not be decided: ${reason}` };
    } finally {
      openQuestions -= 1;
    }
  };

  /** One answer for each call: asked twice, it is the same; under one id with another content, it is a denial. */
  const answerFor = async (call: ToolCall, how: AskOptions): Promise<Authorization> => {
    const earlier = asked.get(call.id);
    if (earlier === undefined) {
      const question = ask(call, how);
      asked.set(call.id, question);
      return (await question).authorization;
    }
    const { name, inputs, authorization } = await earlier;
    const isSame = name === call.name && inputs.some((input) => isDeepStrictEqual(input, call.input));
    return isSame ? authorization : { decision: 'deny', reason: reused };
  };

  const denied = new Set<string>();
  const remember = (id: string, authorization: Authorization): Authorization => {
    if (authorization.decision === 'deny') denied.add(id);
    return authorization;
  };

  /** Answers as the gate does, or with `park` when it wants the program to end first. */
  const answerOrPark = async (call: ToolCall, signal: AbortSignal): Promise<Authorization | 'park'> => {
    // A subagent that is ended does not come back, and its call is lost.
    if (call.lineage !== undefined) return await answerFor(call, { signal });
    const { promise, resolve } = Promise.withResolvers<'park'>();
    const parking: Parking = {
      possible: () => options.isAlone(call.id),
      park: () => {
        parked = true;
        resolve('park');
      },
    };
    return await Promise.race([answerFor(call, { signal, parking }), promise]);
  };

  return {
    get parked() {
      return parked;
    },
    get openQuestions() {
      return openQuestions;
    },
    isDenied: (toolCallId) => denied.has(toolCallId),
    async beforeTool(input, toolCallId, signal) {
      const native = toJson(input);
      const id = textField(native, 'tool_use_id') ?? toolCallId;
      const name = textField(native, 'tool_name');
      if (id === undefined || name === undefined) return hookDenial('The tool call has no id or no name.');
      const agentId = textField(native, 'agent_id');
      const lineage =
        agentId === undefined ? undefined : options.lineageOf(agentId, textField(native, 'agent_type'));
      const given = isJsonObject(native) ? toolInput(native['tool_input']) : {};
      const answer = await answerOrPark(
        buildToolCall({ id, name, input: given, lineage }, options.clientTools),
        signal,
      );
      if (answer === 'park') return deferral;
      const authorization = remember(id, answer);
      if (authorization.decision === 'deny') return hookDenial(authorization.reason);
      return {
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision: 'allow',
          ...(authorization.changedInput === undefined
            ? {}
            : { updatedInput: { ...authorization.changedInput } }),
        },
      };
    },
    async canUseTool(name, input, caller) {
      const lineage = caller.agentId === undefined ? undefined : options.lineageOf(caller.agentId, undefined);
      const call = buildToolCall(
        { id: caller.toolCallId, name, input: toolInput(toJson(input)), lineage },
        options.clientTools,
      );
      const authorization = remember(call.id, await answerFor(call, { signal: caller.signal }));
      if (authorization.decision === 'deny') return { behavior: 'deny', message: authorization.reason };
      return { behavior: 'allow', updatedInput: { ...(authorization.changedInput ?? input) } };
    },
  };
}

const deferral: HookAnswer = {
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'defer' },
};

function hookDenial(reason: string): HookAnswer {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: reason,
    },
  };
}
