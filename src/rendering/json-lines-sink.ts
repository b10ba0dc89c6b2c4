import { BatchedOutput } from './batched-output.ts';
import { fileDevice } from './file-device.ts';
import { fileDelay, type FileSinkOptions } from './file-sink.ts';
import { compactJsonLine } from './json-lines-compact.ts';
import { escapeHidden, jsonLine } from './json-lines.ts';
import type { Sink } from './sink.ts';
import { streamDevice } from './stream-device.ts';

export const jsonLinesModes = ['full', 'compact'] as const;
export type JsonLinesMode = (typeof jsonLinesModes)[number];

export interface JsonLinesSinkOptions extends FileSinkOptions {
  /** `full` (default) holds everything and can be read back; `compact` holds codes and lengths. */
  readonly mode?: JsonLinesMode;
}

/**
 * Writes each event as one line of JSON, in the order of the log; ignores the rendered text. Each line
 * ends with a newline. Batches, files and crashes as with `fileSink`: after a crash the last line may
 * be incomplete.
 */
export function jsonLinesSink(
  target: string | NodeJS.WritableStream,
  options: JsonLinesSinkOptions = {},
): Sink {
  const name = options.name ?? (typeof target === 'string' ? target : 'json-lines');
  const device = typeof target === 'string' ? fileDevice(target, options) : streamDevice(target, name);
  const output = new BatchedOutput(device, { delay: fileDelay, transform: escapeHidden });
  const encode = options.mode === 'compact' ? compactJsonLine : jsonLine;
  return {
    name,
    write: (_text, event) => (event === undefined ? undefined : output.append(`${encode(event)}\n`)),
    flush: () => output.flush(),
    [Symbol.asyncDispose]: () => output.close(),
  };
}
