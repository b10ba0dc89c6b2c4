import type { AllowedCalls } from '../../bridge/allowed-calls.ts';
import { calledClientTool } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import type { ProviderEvent, RunHost } from '../../ports/provider.ts';
import { fieldOf, objectField, textField } from '../../domain/json-field.ts';
import { askGate, withoutChange } from './gate-decision.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { ServerMessage } from './json-rpc.ts';
import { serverRequests } from './protocol.ts';
import { scriptOf } from './shell-script.ts';
import { clientCall, toolInput } from './tool-call.ts';
import { unparsed } from './unparsed.ts';

export interface ApprovalsOptions {
  readonly host: RunHost;
  readonly state: NormalizerState;
  answer(id: string | number, result: JsonObject): void;
  refuse(id: string | number, message: string): void;
  /** Says something to the model within the turn. */
  tell(text: string): Promise<void>;
  /** The gate allowed a client tool that is called over the bridge. */
  readonly allowed: AllowedCalls['allow'];
}

/** Answers what the app-server asks, by the gate. */
export interface Approvals {
  /** Takes a request in, to be answered in its own time; gives events of what is not known. */
  take(request: ServerMessage & { readonly id: string | number }): readonly ProviderEvent[];
  /** The server needs no answer to a request any more. */
  withdraw(id: string | number): void;
  /** Withdraws all that is open. */
  end(): void;
}

type Answer = (authorization: Authorization) => Promise<JsonObject> | JsonObject;

/** Makes the answering side of one run. */
export function createApprovals(options: ApprovalsOptions): Approvals {
  const { host, state } = options;
  const open = new Map<string | number, AbortController>();

  const ask = (id: string | number, call: ToolCall, answer: Answer): void => {
    const withdrawn = new AbortController();
    open.set(id, withdrawn);
    const work = async (): Promise<void> => {
      const authorization = await askGate(host, call, withdrawn.signal);
      if (authorization.decision === 'deny') state.denied.add(call.id);
      const result = await answer(authorization);
      if (!withdrawn.signal.aborted) options.answer(id, result);
    };
    void work()
      // The run is over, or the question was taken back: nobody waits for an answer.
      .catch(() => undefined)
      .finally(() => open.delete(id));
  };
  /** Codex tells the model only that it was refused; why is said beside it. */
  const explain = async (call: ToolCall, authorization: Authorization): Promise<void> => {
    if (authorization.decision === 'deny' && authorization.reason !== '')
      await options.tell(`The call of ${call.tool} was refused: ${authorization.reason}`);
  };
  const approve = (id: string | number, call: ToolCall): void =>
    ask(id, call, async (authorization) => {
      // There is no way to run it with another input.
      const refused = withoutChange(authorization);
      if (refused.decision === 'deny') state.denied.add(call.id);
      await explain(call, refused);
      return { decision: refused.decision === 'allow' ? 'accept' : 'decline' };
    });

  return {
    take({ id, method, params }) {
      switch (method) {
        case serverRequests.command:
          approve(id, commandCall(params, state));
          return [];
        case serverRequests.fileChange:
          approve(id, fileCall(params, state));
          return [];
        case serverRequests.clientTool:
          clientTool(id, params);
          return [];
        case serverRequests.elicitation:
          elicitation(id, params);
          return [];
        case serverRequests.question:
          question(id, params);
          return [];
        case serverRequests.permissions:
          // More than the mode's sandbox is never given for a whole turn.
          options.answer(id, { permissions: {}, scope: 'turn' });
          return [unparsed({ method, params })];
        default:
          options.refuse(id, `There is no ${method} here.`);
          return [unparsed({ method, params })];
      }
    },
    withdraw: (id) => open.get(id)?.abort(),
    end() {
      for (const withdrawn of open.values()) withdrawn.abort();
    },
  };

  function clientTool(id: string | number, params: JsonObject): void {
    const name = textField(params, 'tool') ?? '';
    const input = toolInput(fieldOf(params, 'arguments'));
    const call = clientCall(textField(params, 'callId') ?? String(id), name, input, state.clientTools);
    ask(id, call, async (authorization) => {
      if (authorization.decision === 'deny') return toolAnswer(authorization.reason, false);
      const given = authorization.changedInput ?? input;
      const { text, failed } = await host.callTool(name, given, { signal: host.signal });
      return toolAnswer(text, !failed);
    });
  }

  function elicitation(id: string | number, params: JsonObject): void {
    const server = textField(params, 'serverName') ?? '';
    const meta = objectField(params, '_meta');
    if (textField(meta, 'codex_approval_kind') !== 'mcp_tool_call') return form(id, server, params);
    const input = toolInput(fieldOf(meta, 'tool_params'));
    const call = mcpCall(server, input, params, state) ?? {
      id: `${server}-${id}`,
      name: server,
      tool: `mcp:${server}/`,
      kind: 'other',
      input,
    };
    ask(id, call, async (authorization) => {
      const clientTool = calledClientTool(call);
      const decided = clientTool === undefined ? withoutChange(authorization) : authorization;
      if (decided.decision === 'deny') {
        state.denied.add(call.id);
        await explain(call, decided);
        return { action: 'decline', content: null, _meta: null };
      }
      if (clientTool !== undefined) options.allowed(clientTool, call.input, decided.changedInput);
      return { action: 'accept', content: {}, _meta: null };
    });
  }

  /** An MCP server asks the person something; the answer comes as the changed input. */
  function form(id: string | number, server: string, params: JsonObject): void {
    const call: ToolCall = {
      id: `${server}-question-${id}`,
      name: `${server}.elicitation`,
      tool: 'ask_user',
      kind: 'question',
      input: params,
    };
    ask(id, call, (authorization) => {
      const content =
        authorization.decision === 'allow' ? fieldOf(authorization.changedInput, 'content') : undefined;
      return content === undefined
        ? { action: 'decline', content: null, _meta: null }
        : { action: 'accept', content, _meta: null };
    });
  }

  function question(id: string | number, params: JsonObject): void {
    const input = { questions: fieldOf(params, 'questions') ?? [] };
    const callId = textField(params, 'itemId') ?? String(id);
    const call: ToolCall = {
      id: callId,
      name: 'request_user_input',
      tool: 'ask_user',
      kind: 'question',
      input,
    };
    ask(id, call, (authorization) => {
      const answers =
        authorization.decision === 'allow' ? fieldOf(authorization.changedInput, 'answers') : undefined;
      return { answers: isJsonObject(answers) ? answers : {} };
    });
  }
}

function toolAnswer(text: string, success: boolean): JsonObject {
  return { contentItems: [{ type: 'inputText', text }], success };
}

function commandCall(params: JsonObject, state: NormalizerState): ToolCall {
  const id = textField(params, 'itemId') ?? '';
  const known = state.calls.get(id)?.call;
  const told = textField(params, 'command');
  // What is asked about counts, not what was announced.
  const command = told === undefined ? known?.command : scriptOf(told);
  const reason = textField(params, 'reason');
  const cwd = textField(params, 'cwd');
  return {
    id,
    name: 'exec_command',
    tool: 'bash',
    kind: 'execute',
    input: {
      command: command ?? '',
      ...(cwd === undefined ? {} : { cwd }),
      ...(reason === undefined ? {} : { reason }),
    },
    ...(command === undefined ? {} : { command }),
  };
}

/** The request names only the item; a patch that was not announced has no paths, so that no mode allows it. */
function fileCall(params: JsonObject, state: NormalizerState): ToolCall {
  const id = textField(params, 'itemId') ?? '';
  return (
    state.calls.get(id)?.call ?? {
      id,
      name: 'apply_patch',
      tool: 'edit',
      kind: 'edit',
      input: { changes: [] },
    }
  );
}

/**
 * The request has the call's name only in its text, and not its id: it is the announced call of the server with this
 * input and a name that the text has in quotes. One that isn't found has no name, so that no rule allows it by one.
 */
function mcpCall(
  server: string,
  input: JsonObject,
  params: JsonObject,
  state: NormalizerState,
): ToolCall | undefined {
  const wanted = JSON.stringify(input);
  const text = textField(params, 'message') ?? '';
  for (const open of state.calls.values()) {
    if (open.asked || open.mcp?.server !== server || !text.includes(`"${open.mcp.tool}"`)) continue;
    if (JSON.stringify(open.call.input) !== wanted) continue;
    open.asked = true;
    return open.call;
  }
  return undefined;
}
