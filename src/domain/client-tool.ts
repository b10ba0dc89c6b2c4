import type { JsonObject } from './json.ts';
import type { ToolCall, ToolLineage } from './tool.ts';

/** A function of the caller, as its agent is told of it. */
export interface ClientToolDescription {
  /** Letters, digits, `_` and `-`; at most 48 characters; unique among the tools of a run. */
  readonly name: string;
  /** What it does and when to use it; the agent reads this. */
  readonly description: string;
  /** JSON Schema of its input: an object. */
  readonly inputSchema: JsonObject;
  /** True: it only looks, so that it may be used where nothing may be changed. */
  readonly readOnly: boolean;
}

/** What a call of a client tool gave, as the agent is told. */
export interface ClientToolResult {
  /** Text, or JSON text of what the function returned; at most 256 Ki characters. */
  readonly text: string;
  /** True when the input did not fit, the function failed, or it took too long: `text` then says so. */
  readonly failed: boolean;
}

const prefix = 'client:';

/** The canonical name of a client tool, the same with every provider. */
export function clientToolName(name: string): string {
  return `${prefix}${name}`;
}

/**
 * The own name of the client tool that is called; `undefined` for a call of another tool. Its function is ours, so that
 * it may get another input than its agent knows of.
 */
export function calledClientTool({ tool }: Pick<ToolCall, 'tool'>): string | undefined {
  return tool.startsWith(prefix) ? tool.slice(prefix.length) : undefined;
}

/** The call of a client tool, as the gate is asked about it. */
export function clientToolCall(
  tool: ClientToolDescription,
  call: { readonly id: string; readonly input: JsonObject; readonly lineage?: ToolLineage | undefined },
): ToolCall {
  return {
    id: call.id,
    name: tool.name,
    tool: clientToolName(tool.name),
    kind: tool.readOnly ? 'read' : 'client',
    input: call.input,
    ...(call.lineage === undefined ? {} : { lineage: call.lineage }),
  };
}
