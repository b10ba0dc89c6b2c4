import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { AsmError } from '../domain/error.ts';
import type { OutputDevice } from './output-device.ts';
import { outputError } from './output-error.ts';

/** What to do with a file that is there already. */
export interface FileOptions {
  /** Add to the end of a file that is there already. */
  readonly append?: boolean;
  /**
   * Replace what a file holds already. Without this and `append`, a file that isn't empty is left as
   * it is and the sink fails with `already_exists`: no log is lost by starting a program twice.
   */
  readonly overwrite?: boolean;
}

/** A file that is opened by the first write, made private to its owner (mode 600) when it is new. */
export function fileDevice(path: string, options: FileOptions): OutputDevice {
  return new FileDevice(path, options);
}

class FileDevice implements OutputDevice {
  readonly #path: string;
  readonly #options: FileOptions;
  #handle: FileHandle | undefined;

  constructor(path: string, options: FileOptions) {
    this.#path = path;
    this.#options = options;
  }

  async write(text: string): Promise<void> {
    try {
      const handle = await this.#open();
      const bytes = Buffer.from(text, 'utf8');
      for (let offset = 0; offset < bytes.length;) {
        offset += (await handle.write(bytes, offset)).bytesWritten;
      }
    } catch (error) {
      throw outputError(error, this.#path);
    }
  }

  async close(failed: boolean): Promise<void> {
    try {
      // An output without any text is an empty file, not a missing one.
      if (!failed) await this.#open();
      await this.#handle?.close();
    } catch (error) {
      throw outputError(error, this.#path);
    }
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    const { append = false, overwrite = false } = this.#options;
    const known = await stat(this.#path).catch(() => undefined);
    // Opening a pipe waits for its reader, for ever if there is none.
    if (known?.isFIFO() === true) {
      throw new AsmError(
        'invalid_input',
        `${this.#path} is a named pipe. Open it yourself and give the stream instead.`,
      );
    }
    const handle = await open(
      this.#path,
      constants.O_WRONLY | constants.O_CREAT | (append ? constants.O_APPEND : 0),
      0o600,
    );
    try {
      const status = await handle.stat();
      if (status.isFile() && status.size > 0 && !append) {
        if (!overwrite) throw existsError(this.#path);
        await handle.truncate(0);
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }
}

function existsError(path: string): AsmError {
  return new AsmError(
    'already_exists',
    `${path} is there already and not empty. Use \`append: true\` to add to it, \`overwrite: true\` to replace it, or another path.`,
    { details: { path } },
  );
}
