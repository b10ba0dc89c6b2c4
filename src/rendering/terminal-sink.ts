import { BatchedOutput } from './batched-output.ts';
import { plainText, terminalText } from './plain-text.ts';
import type { Sink } from './sink.ts';
import { streamDevice } from './stream-device.ts';

export interface TerminalSinkOptions {
  /** Default `terminal`. */
  readonly name?: string;
  /** `false` takes the colours out; default: whatever the renderer made is kept. */
  readonly color?: boolean;
}

/**
 * Writes rendered text to a terminal or another stream, by default standard output, which stays open.
 * Of control sequences only colours and the updating of a line pass. What was rendered in one turn of
 * the event loop is one write.
 */
export function terminalSink(
  stream: NodeJS.WritableStream = process.stdout,
  options: TerminalSinkOptions = {},
): Sink {
  const name = options.name ?? 'terminal';
  const transform = options.color === false ? plainText : terminalText;
  const output = new BatchedOutput(streamDevice(stream, name), { delay: 0, transform });
  return {
    name,
    write: (text) => output.append(text),
    flush: () => output.flush(),
    [Symbol.asyncDispose]: () => output.close(),
  };
}
