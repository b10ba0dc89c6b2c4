import type { ToolCall } from '../../domain/tool.ts';

/** A tool call whose result hasn't come. */
export interface OpenCall {
  readonly call: ToolCall;
  /** True once a message of Amp told of it. */
  readonly told: boolean;
  /** True when it writes a file that was there when Amp asked. */
  readonly replacesFile: boolean;
}

/** Ids that are kept of each sort; of a run that calls without end the oldest are forgotten. */
const maximumKept = 10_000;

/** The tool calls of a run. Amp asks about a call and tells of it in either order; some it never tells of. */
export class CallRegistry {
  readonly #open = new Map<string, OpenCall>();
  readonly #ended = new Map<string, true>();
  readonly #denied = new Map<string, true>();
  readonly #asked = new Map<string, string>();

  /** Takes a call in that Amp tells of; false when that was told before. */
  tell(call: ToolCall): boolean {
    const open = this.#open.get(call.id);
    if (this.#ended.has(call.id) || open?.told === true) return false;
    keep(this.#open, call.id, { call, told: true, replacesFile: open?.replacesFile ?? false });
    return true;
  }

  /** Takes a call in that Amp asks about. */
  ask(call: ToolCall, replacesFile = false): void {
    keep(this.#asked, call.id, call.name);
    const open = this.#open.get(call.id);
    if (open === undefined && this.#ended.has(call.id)) return;
    keep(this.#open, call.id, { call: open?.call ?? call, told: open?.told ?? false, replacesFile });
  }

  /** True when a message told of the call. */
  isTold(id: string): boolean {
    return this.#ended.has(id) || this.#open.get(id)?.told === true;
  }

  /** The tool that Amp asked about under this id. */
  askedName(id: string): string | undefined {
    return this.#asked.get(id);
  }

  deny(id: string): void {
    keep(this.#denied, id, true);
  }

  isDenied(id: string): boolean {
    return this.#denied.has(id);
  }

  /** Ends a call. `undefined` when it isn't open; `again` when its end was told before. */
  end(id: string): OpenCall | 'again' | undefined {
    if (this.#ended.has(id)) return 'again';
    const open = this.#open.get(id);
    this.#open.delete(id);
    keep(this.#ended, id, true);
    return open;
  }

  /** The open calls, in the order in which they became known. */
  open(): readonly OpenCall[] {
    return [...this.#open.values()];
  }
}

function keep<Value>(kept: Map<string, Value>, id: string, value: Value): void {
  kept.set(id, value);
  const [oldest] = kept.keys();
  if (kept.size > maximumKept && oldest !== undefined) kept.delete(oldest);
}
