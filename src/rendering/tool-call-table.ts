import type { Event } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ToolKind } from '../domain/tool.ts';

/** A tool call that was started and hasn't ended. */
export interface OpenToolCall {
  readonly key: string;
  readonly name: string;
  readonly tool: string;
  readonly kind: ToolKind;
  input: JsonObject;
  readonly parentKey: string | undefined;
  /** 0 on the main thread, 1 in a subagent, and so on. */
  readonly depth: number;
  /** Set when the gate denied it: its line says so already. */
  denied: boolean;
  /** The end of its streamed output that isn't a whole line yet. */
  partialLine: string;
  outputShown: boolean;
  changedLines: { added: number; removed: number } | undefined;
}

/** More open calls than this are not an agent at work: the oldest are forgotten. */
const maximumOpen = 10_000;

/** The open tool calls by their ids, which are unique within one run's attempt. */
export class ToolCallTable {
  readonly #calls = new Map<string, OpenToolCall>();

  start(event: Event<'tool_call_started'>): OpenToolCall {
    const { toolCallId, name, tool, kind, input, lineage } = event.data;
    const parentKey =
      lineage?.parentToolCallId === undefined ? undefined : callKey(event, lineage.parentToolCallId);
    const call: OpenToolCall = {
      key: callKey(event, toolCallId),
      name,
      tool,
      kind,
      input,
      parentKey,
      depth: this.depthUnder(parentKey),
      denied: false,
      partialLine: '',
      outputShown: false,
      changedLines: undefined,
    };
    this.#calls.set(call.key, call);
    if (this.#calls.size > maximumOpen) {
      for (const oldest of this.#calls.keys()) {
        this.#calls.delete(oldest);
        break;
      }
    }
    return call;
  }

  get(key: string): OpenToolCall | undefined {
    return this.#calls.get(key);
  }

  end(key: string): OpenToolCall | undefined {
    const call = this.#calls.get(key);
    this.#calls.delete(key);
    return call;
  }

  /** How deep what belongs to this call stands. */
  depthUnder(parentKey: string | undefined): number {
    if (parentKey === undefined) return 0;
    return Math.min(8, (this.#calls.get(parentKey)?.depth ?? 0) + 1);
  }

  clear(): void {
    this.#calls.clear();
  }
}

export function callKey(event: { readonly runId?: string }, toolCallId: string): string {
  return `${event.runId ?? ''}/${toolCallId}`;
}
