import { asAsmError, AsmError } from '../domain/error.ts';
import type { LogEvent } from '../domain/event.ts';
import type { Sink } from './sink.ts';

/** Why a sink was switched off. */
export interface SinkFailure {
  readonly sink: string;
  readonly error: AsmError;
  /** The `seq` of the event it failed at; absent when it failed while flushing or closing. */
  readonly failedAt?: number;
}

export interface GuardOptions {
  readonly stallTimeout: number;
  readonly maximumBehind: number;
  readonly onFailure: (failure: SinkFailure) => void;
}

interface Entry {
  readonly text: string;
  readonly event: LogEvent | undefined;
}

/** What an entry costs beside its text. */
const entrySize = 256;

/** Stands between a rendering and one sink: keeps its order, bounds what waits, switches it off when it fails. */
export class GuardedSink {
  readonly #sink: Sink;
  readonly #options: GuardOptions;
  #queue: Entry[] = [];
  #next = 0;
  #size = 0;
  #busy = false;
  #off = false;
  #onProgress: (() => void) | undefined;
  #catchingUp: Promise<void> | undefined;

  constructor(sink: Sink, options: GuardOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** True when its caller should wait for `caughtUp` before the next write. */
  get behind(): boolean {
    return this.#size > this.#options.maximumBehind / 2;
  }

  write(text: string, event: LogEvent | undefined): void {
    if (this.#off) return;
    if (!this.#busy) {
      this.#deliver(text, event);
      return;
    }
    this.#queue.push({ text, event });
    this.#size += text.length + entrySize;
    if (this.#size > this.#options.maximumBehind && this.#queue.length - this.#next > 1) {
      this.#fail(this.#stalled('has too much waiting'), event);
    }
  }

  /** Resolves when little is waiting, or when the sink was switched off because nothing moved. */
  caughtUp(): Promise<void> {
    this.#catchingUp ??= this.#until(() => !this.behind).finally(() => (this.#catchingUp = undefined));
    return this.#catchingUp;
  }

  /** Writes what waits, flushes. Never rejects. */
  async flush(): Promise<void> {
    await this.#until(() => !this.#busy);
    if (!this.#off) await this.#attempt('flush', () => this.#sink.flush());
  }

  /** Flushes and disposes the sink, also one that is switched off. Never rejects. */
  async close(): Promise<void> {
    await this.flush();
    await this.#attempt('close', () => this.#sink[Symbol.asyncDispose]());
    this.#off = true;
  }

  #deliver(text: string, event: LogEvent | undefined): void {
    try {
      const result: unknown = this.#sink.write(text, event);
      // A callback may have returned anything.
      if (!isThenable(result)) return;
      this.#busy = true;
      Promise.resolve(result).then(
        () => this.#delivered(),
        (error: unknown) => this.#fail(error, event),
      );
    } catch (error) {
      this.#fail(error, event);
    }
  }

  #delivered(): void {
    this.#busy = false;
    while (!this.#busy && !this.#off) {
      const entry = this.#queue[this.#next];
      if (entry === undefined) {
        this.#queue = [];
        this.#next = 0;
        break;
      }
      this.#next += 1;
      this.#size -= entry.text.length + entrySize;
      this.#deliver(entry.text, entry.event);
    }
    this.#onProgress?.();
  }

  #fail(error: unknown, event: LogEvent | undefined): void {
    if (this.#off) return;
    this.#off = true;
    this.#queue = [];
    this.#next = 0;
    this.#size = 0;
    this.#onProgress?.();
    this.#options.onFailure({
      sink: this.#sink.name,
      error: asAsmError(error),
      ...(event === undefined ? {} : { failedAt: event.seq }),
    });
  }

  async #until(reached: () => boolean): Promise<void> {
    while (!this.#off && !reached()) {
      const progress = new Promise<void>((resolve) => (this.#onProgress = resolve));
      if (!(await settles(progress, this.#options.stallTimeout))) {
        this.#fail(this.#stalled('took nothing'), undefined);
      }
    }
  }

  async #attempt(verb: string, action: () => PromiseLike<void>): Promise<void> {
    try {
      const running = Promise.resolve(action());
      if (!(await settles(running, this.#options.stallTimeout))) {
        this.#fail(this.#stalled(`did not ${verb}`), undefined);
      }
    } catch (error) {
      this.#fail(error, undefined);
    }
  }

  #stalled(what: string): AsmError {
    return new AsmError(
      'timed_out',
      `The sink ${this.#sink.name} ${what} and was switched off: it got no further for ${this.#options.stallTimeout} ms or has more than ${this.#options.maximumBehind} characters to write.`,
      { details: { sink: this.#sink.name } },
    );
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** False when the promise takes longer than the timeout; rejects as the promise does. */
async function settles(promise: Promise<void>, timeout: number): Promise<boolean> {
  // A longer delay would fire at once.
  if (timeout > 2 ** 31 - 1) return promise.then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeout, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
