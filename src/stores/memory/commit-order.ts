import type { EventLog } from './event-log.ts';

/** Where each position of the store is: which log, which number. Positions count from 1. */
export class CommitOrder {
  readonly #logs: EventLog[] = [];
  readonly #seqs: number[] = [];

  /** Position of the newest event; 0 in an empty store. */
  get latestPosition(): number {
    return this.#logs.length;
  }

  /** Notes the next event and gives its position. */
  add(log: EventLog, seq: number): number {
    this.#seqs.push(seq);
    return this.#logs.push(log);
  }

  at(position: number): { readonly log: EventLog; readonly seq: number } {
    const log = this.#logs[position - 1];
    const seq = this.#seqs[position - 1];
    if (log === undefined || seq === undefined) throw new RangeError(`There is no position ${position}.`);
    return { log, seq };
  }
}
