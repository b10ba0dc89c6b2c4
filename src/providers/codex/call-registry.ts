import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';

/** Keeps the tool calls of a run, so that questions and results can be told what they are about. */
export class CallRegistry {
  readonly #open = new Map<string, ToolCall>();
  readonly #streamed = new Map<string, number>();

  add(call: ToolCall): void {
    this.#open.set(call.id, call);
  }

  get(id: string): ToolCall | undefined {
    return this.#open.get(id);
  }

  /** The newest open call with this input, of a tool whose name begins so. */
  find(prefix: string, input: JsonObject): ToolCall | undefined {
    return [...this.#open.values()].findLast(
      (call) => call.tool.startsWith(prefix) && isDeepStrictEqual(call.input, input),
    );
  }

  /** Takes a call out: it has its result. */
  close(id: string): ToolCall | undefined {
    const call = this.#open.get(id);
    this.#open.delete(id);
    this.#streamed.delete(id);
    return call;
  }

  /** Takes all out that have no result. */
  closeAll(): readonly ToolCall[] {
    const left = [...this.#open.values()];
    this.#open.clear();
    this.#streamed.clear();
    return left;
  }

  /** Counts characters of output that a call streamed; gives how many there were before. */
  addOutput(id: string, characters: number): number {
    const before = this.#streamed.get(id) ?? 0;
    this.#streamed.set(id, before + characters);
    return before;
  }
}
