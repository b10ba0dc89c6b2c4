import type { RunId } from '../domain/id.ts';

interface Entry {
  readonly runId: RunId;
  readonly position: number;
}

/** The waiting runs of one session: the lowest position first, equal ones by id, which is by age. */
export class RunQueue {
  readonly #positions = new Map<RunId, number>();
  /** Sorted. */
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** In their order. */
  ids(): readonly RunId[] {
    return this.#entries.map(({ runId }) => runId);
  }

  has(runId: RunId): boolean {
    return this.#positions.has(runId);
  }

  /** Adds a run, or gives it another place. */
  put(runId: RunId, position: number): void {
    this.remove(runId);
    const entry = { runId, position };
    this.#positions.set(runId, position);
    this.#entries.splice(this.#indexOf(entry), 0, entry);
  }

  remove(runId: RunId): void {
    const position = this.#positions.get(runId);
    if (position === undefined) return;
    this.#positions.delete(runId);
    this.#entries.splice(this.#indexOf({ runId, position }), 1);
  }

  /** The first run that is not left out. */
  first(without: { has(runId: RunId): boolean }): RunId | undefined {
    return this.#entries.find(({ runId }) => !without.has(runId))?.runId;
  }

  /** A position before all others, or after them. */
  free(where: 'first' | 'last'): number {
    const [first] = this.#entries;
    const last = this.#entries.at(-1);
    if (first === undefined || last === undefined) return 0;
    return where === 'first' ? first.position - 1 : last.position + 1;
  }

  /** Where the entry is, or belongs. */
  #indexOf(entry: Entry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#entries[middle], entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(first: Entry | undefined, second: Entry): boolean {
  if (first === undefined) return false;
  return first.position === second.position ? first.runId < second.runId : first.position < second.position;
}
