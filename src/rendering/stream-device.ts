import type { OutputDevice } from './output-device.ts';
import { outputError } from './output-error.ts';

/** A stream that somebody else opened and will close, such as standard output. */
export function streamDevice(stream: NodeJS.WritableStream, name: string): OutputDevice {
  return new StreamDevice(stream, name);
}

class StreamDevice implements OutputDevice {
  readonly #stream: NodeJS.WritableStream;
  readonly #name: string;
  /** Without a listener an error of the stream, such as a closed pipe, would end the process. */
  readonly #onError = (error: Error): void => {
    this.#error = error;
    this.#reject?.(error);
  };
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(stream: NodeJS.WritableStream, name: string) {
    this.#stream = stream;
    this.#name = name;
    stream.on('error', this.#onError);
  }

  async write(text: string): Promise<void> {
    try {
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject;
        this.#stream.write(text, 'utf8', (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      throw outputError(error, this.#name);
    } finally {
      this.#reject = undefined;
    }
  }

  async close(failed: boolean): Promise<void> {
    // A stream that failed may fail again for what is still inside it: then the listener stays.
    if (!failed && this.#error === undefined) this.#stream.off('error', this.#onError);
  }
}
