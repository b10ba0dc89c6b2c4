import { clientToolCall } from '../../domain/client-tool.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import type { RunHost, RunRequest } from '../../ports/provider.ts';
import { fieldOf, objectField, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { toolCallOf, toolInput } from './tool-call.ts';

export interface ApprovalsOptions {
  readonly host: Pick<RunHost, 'authorize' | 'callTool'>;
  readonly clientTools: NonNullable<RunRequest['clientTools']>;
  readonly state: NormalizerState;
  /** Aborted when the turn stops: questions that are open are withdrawn. */
  readonly stopping: AbortSignal;
  /** Tells the model why; Codex's own answer to it has no reason. */
  readonly explain: (turn: string, text: string) => Promise<void>;
}

/** Answers what Codex asks during a run. */
export class Approvals {
  readonly #options: ApprovalsOptions;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /** The answer to a request. Throws for requests that nobody can answer. */
  async answer(method: string, params: JsonObject): Promise<JsonValue> {
    switch (method) {
      case 'item/commandExecution/requestApproval':
      case 'item/fileChange/requestApproval': {
        const allowed = await this.#decide(this.#itemCall(method, params), params);
        return { decision: allowed ? 'accept' : 'decline' };
      }
      case 'mcpServer/elicitation/request':
        return await this.#elicit(params);
      case 'item/tool/call':
        return await this.#callTool(params);
      case 'item/permissions/requestApproval':
        // More than the mode's sandbox is never granted.
        return { permissions: {}, scope: 'turn' };
      default:
        throw new Error('This is not answered here.');
    }
  }

  /** The call that a question is about: the item that was told of before, with what the question adds. */
  #itemCall(method: string, params: JsonObject): ToolCall {
    const id = textField(params, 'itemId') ?? 'unknown';
    const known = this.#options.state.calls.get(id);
    if (method.startsWith('item/fileChange')) {
      const root = textField(params, 'grantRoot');
      const call = known ?? { id, name: 'apply_patch', tool: 'edit', kind: 'edit' as const, input: {} };
      return root === undefined ? call : { ...call, paths: [...(call.paths ?? []), root] };
    }
    if (textField(params, 'kind') === 'writeStdin') {
      const { kind: _, ...input } = params;
      return { id, name: 'write_stdin', tool: 'write_stdin', kind: 'execute', input };
    }
    if (known !== undefined) return known;
    const item = { type: 'commandExecution', id, command: textField(params, 'command') ?? '' };
    const call = toolCallOf(item, { clientTools: new Map() });
    return call ?? { id, name: 'exec_command', tool: 'bash', kind: 'execute', input: {} };
  }

  async #elicit(params: JsonObject): Promise<JsonValue> {
    const meta = fieldOf(params, '_meta');
    // A server's own question to the person: there is no way to ask it.
    if (textField(meta, 'codex_approval_kind') !== 'mcp_tool_call') return declined;
    const server = textField(params, 'serverName') ?? 'unknown';
    const input = toolInput(fieldOf(meta, 'tool_params'));
    const call = this.#options.state.calls.find(`mcp:${server}/`, input) ?? {
      id: `${server}-call`,
      name: server,
      tool: `mcp:${server}/unknown`,
      kind: 'other',
      input,
    };
    return (await this.#decide(call, params)) ? { action: 'accept', content: null, _meta: null } : declined;
  }

  async #callTool(params: JsonObject): Promise<JsonValue> {
    const { host, clientTools, stopping, state } = this.#options;
    const name = textField(params, 'tool') ?? 'unknown';
    const id = textField(params, 'callId') ?? 'unknown';
    const input = objectField(params, 'arguments');
    const tool = clientTools.find((offered) => offered.name === name);
    if (tool === undefined) return toolAnswer(`There is no tool ${name}.`, false);
    const lineage = state.subagents.get(textField(params, 'threadId') ?? '');
    const decided = await this.#ask(clientToolCall(tool, { id, input, lineage }));
    if (decided.decision === 'deny') return toolAnswer(decided.reason, false);
    const result = await host.callTool(name, decided.changedInput ?? input, { signal: stopping });
    return toolAnswer(result.text, !result.failed);
  }

  async #decide(call: ToolCall, params: JsonObject): Promise<boolean> {
    const decided = await this.#ask(call);
    if (decided.decision === 'allow' && decided.changedInput === undefined) return true;
    const reason =
      decided.decision === 'deny' ? decided.reason : 'Its input was changed, which Codex does not take.';
    this.#options.state.denied.add(call.id);
    const text = `The call of ${call.name} was not allowed: ${reason}`;
    await this.#options.explain(textField(params, 'turnId') ?? '', text);
    return false;
  }

  async #ask(call: ToolCall): Promise<Authorization> {
    const { host, state, stopping } = this.#options;
    const decided = await host.authorize(call, { signal: stopping });
    if (decided.decision === 'deny') state.denied.add(call.id);
    return decided;
  }
}

const declined = { action: 'decline', content: null, _meta: null } as const;

function toolAnswer(text: string, success: boolean): JsonObject {
  return { contentItems: [{ type: 'inputText', text }], success };
}
