import type { JsonObject } from '../../domain/json.ts';
import type { ToolKind } from '../../domain/tool.ts';

/** A tool call whose result has not come. */
export interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly tool: string;
  readonly kind: ToolKind;
  readonly input: JsonObject;
  readonly parentToolCallId: string | undefined;
}

/** Keeps the open tool calls of a run, so that a result can be told what it is the result of. */
export class CallRegistry {
  readonly #open = new Map<string, OpenCall>();
  readonly #awaited = new Map<string, PromiseWithResolvers<void>>();

  add(call: OpenCall): void {
    this.#open.set(call.id, call);
    this.#awaited.get(call.id)?.resolve();
    this.#awaited.delete(call.id);
  }

  /** Resolves when the call is open, which it may never be. */
  whenOpened(id: string): Promise<void> {
    if (this.#open.has(id)) return Promise.resolve();
    const awaited = this.#awaited.get(id) ?? Promise.withResolvers<void>();
    this.#awaited.set(id, awaited);
    return awaited.promise;
  }

  /** True while a call has no result. */
  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  /** True when this call is open, and no other is. */
  isOnly(id: string): boolean {
    return this.#open.size === 1 && this.#open.has(id);
  }

  get(id: string): OpenCall | undefined {
    return this.#open.get(id);
  }

  /** Takes a call out: it has its result. */
  close(id: string): OpenCall | undefined {
    const call = this.#open.get(id);
    this.#open.delete(id);
    return call;
  }
}
