import { orAborted } from '../domain/abort.ts';
import type { AsmError } from '../domain/error.ts';

/** How far a reader of one log has come, and those that wait for it to go on. */
export class LogPosition {
  #seq: number;
  #next = Promise.withResolvers<void>();
  #closed: AsmError | undefined;

  constructor(seq: number) {
    this.#seq = seq;
  }

  /** The reader has taken this event in. */
  move(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    resolve();
  }

  /** Resolves when the reader has taken the event in, or will not read on. */
  async reached(seq: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.#seq < seq && this.#closed === undefined) await orAborted(this.#next.promise, signal);
  }

  /** Resolves at the next event. Rejects when the reader will not read on. */
  async moved(signal: AbortSignal): Promise<void> {
    if (this.#closed === undefined) await orAborted(this.#next.promise, signal);
    if (this.#closed !== undefined) throw this.#closed;
  }

  close(error: AsmError): void {
    this.#closed = error;
    this.#next.resolve();
  }
}
