import { BatchedOutput } from './batched-output.ts';
import { fileDevice, type FileOptions } from './file-device.ts';
import { plainText } from './plain-text.ts';
import type { Sink } from './sink.ts';
import { streamDevice } from './stream-device.ts';

export interface FileSinkOptions extends FileOptions {
  /** Default: the path, or `file` for a stream. */
  readonly name?: string;
}

/** How long text waits in memory for more, in milliseconds. */
export const fileDelay = 50;

/**
 * Writes rendered text to a file as UTF-8, without colours and other control sequences. A stream is
 * written to and left open. Text waits at most 50 ms or 64 Ki characters for more: that tail is what
 * a crash of this process loses. A batch that was written survives the process, not a power loss.
 */
export function fileSink(target: string | NodeJS.WritableStream, options: FileSinkOptions = {}): Sink {
  const name = options.name ?? (typeof target === 'string' ? target : 'file');
  const device = typeof target === 'string' ? fileDevice(target, options) : streamDevice(target, name);
  const output = new BatchedOutput(device, { delay: fileDelay, transform: plainText });
  return {
    name,
    write: (text) => output.append(text),
    flush: () => output.flush(),
    [Symbol.asyncDispose]: () => output.close(),
  };
}
