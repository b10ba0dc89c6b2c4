import { notAllowed } from '../../bridge/allowed-calls.ts';
import type { BridgeHandlers } from '../../bridge/bridge-server.ts';
import { clientToolCall } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import type { RunHost } from '../../ports/provider.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { PermissionGate } from './permission-gate.ts';
import { readToolCall } from './tool-call.ts';

export interface BridgeHandlersOptions {
  readonly state: NormalizerState;
  readonly gate: PermissionGate;
  readonly host: Pick<RunHost, 'callTool'>;
  /** Aborted when the turn is stopped: from then on nothing is answered. */
  readonly stopping: AbortSignal;
}

/** What an agent's helper programs may ask for: calls of client tools, and decisions. */
export function bridgeHandlers({ state, gate, host, stopping }: BridgeHandlersOptions): BridgeHandlers {
  const { clientTools } = state.reader;
  const decide = async (call: ToolCall, signal: AbortSignal): Promise<Authorization> => {
    const authorization = await gate.decide(call, signal);
    // Told "no" now, the agent would ask the model once more before it stops.
    if (stopping.aborted) await new Promise<never>(() => {});
    return authorization;
  };
  let count = 0;
  return {
    tools: clientTools,
    async callTool(name, input, { signal }) {
      const tool = clientTools.find((one) => one.name === name);
      // An agent that doesn't ask about tools of servers is asked for here, where the call arrives.
      let given = gate.allowed.spend(name, input);
      if (given === undefined && tool !== undefined) {
        const answer = await decide(clientToolCall(tool, { id: `${name}-call-${++count}`, input }), signal);
        if (answer.decision === 'deny') return { text: answer.reason, failed: true };
        given = gate.allowed.spend(name, input);
      }
      return given === undefined ? notAllowed(name) : await host.callTool(name, given, { signal });
    },
    authorize: async (payload, { signal }) => {
      const call = hookCall(payload);
      if (call === undefined) return { decision: 'deny', reason: 'The tool call has no id or no name.' };
      return await decide(readToolCall(call, state.reader), signal);
    },
  };

  /** The call of which Claude Code's hook tells, in the form in which the agent would tell of it. */
  function hookCall(payload: JsonObject): ReturnType<NormalizerState['calls']['merge']> {
    const told = fieldOf(payload, 'input');
    const [id, name] = [textField(told, 'tool_use_id'), textField(told, 'tool_name')];
    const input = fieldOf(told, 'tool_input');
    if (id === undefined || name === undefined || !isJsonObject(input)) return undefined;
    return state.calls.merge({ toolCallId: id, name, rawInput: input });
  }
}
