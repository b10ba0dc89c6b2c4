import { asAsmError, type AsmError } from '../domain/error.ts';
import type { OutputDevice } from './output-device.ts';
import { isHighSurrogate } from './visible-text.ts';

export interface BatchedOutputOptions {
  /** Milliseconds that text may wait for more; 0 waits for the next turn of the event loop only. */
  readonly delay: number;
  /** Changes each batch before it is written. */
  readonly transform?: (text: string) => string;
}

/** A batch of this many characters is written without waiting. */
const batchLength = 64 * 1_024;
/** With more than this waiting, `append` asks its caller to wait. */
const highWater = 1_024 * 1_024;

/**
 * Joins small texts into few writes, one at a time. The first failure is final: it is thrown by the
 * next `append`, `flush` or `close`.
 */
export class BatchedOutput {
  readonly #device: OutputDevice;
  readonly #delay: number;
  readonly #transform: ((text: string) => string) | undefined;
  #waiting = '';
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failure: AsmError | undefined;

  constructor(device: OutputDevice, options: BatchedOutputOptions) {
    this.#device = device;
    this.#delay = options.delay;
    this.#transform = options.transform;
  }

  append(text: string): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (text === '') return undefined;
    this.#waiting += text;
    if (this.#waiting.length >= batchLength) this.#send();
    else this.#schedule();
    return this.#waiting.length > highWater ? this.#belowHighWater() : undefined;
  }

  async flush(): Promise<void> {
    while (this.#failure === undefined && (this.#waiting !== '' || this.#writing !== undefined)) {
      this.#send();
      await this.#writing;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Flushes and closes the device, also when flushing fails. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#clearTimer();
      await this.#device.close(this.#failure !== undefined);
    }
  }

  #send(): void {
    if (this.#writing !== undefined || this.#waiting === '') return;
    this.#clearTimer();
    let batch = this.#waiting;
    this.#waiting = '';
    if (batch.length > 1 && isHighSurrogate(batch.charCodeAt(batch.length - 1))) {
      this.#waiting = batch.slice(-1);
      batch = batch.slice(0, -1);
    }
    this.#writing = this.#write(batch);
  }

  async #write(batch: string): Promise<void> {
    try {
      await this.#device.write(this.#transform === undefined ? batch : this.#transform(batch));
    } catch (error) {
      this.#failure = asAsmError(error);
      this.#waiting = '';
    }
    this.#writing = undefined;
    if (this.#waiting.length >= batchLength) this.#send();
    else if (this.#waiting !== '') this.#schedule();
  }

  async #belowHighWater(): Promise<void> {
    while (this.#waiting.length > highWater && this.#failure === undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The timer keeps the process alive: a program that just ends writes its last batch first. */
  #schedule(): void {
    if (this.#cancelTimer !== undefined || this.#writing !== undefined) return;
    const fire = (): void => {
      this.#cancelTimer = undefined;
      this.#send();
    };
    if (this.#delay === 0) {
      const immediate = setImmediate(fire);
      this.#cancelTimer = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(fire, this.#delay);
      this.#cancelTimer = () => clearTimeout(timer);
    }
  }

  #clearTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
