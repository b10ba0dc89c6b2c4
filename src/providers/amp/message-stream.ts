import type { Readable } from 'node:stream';
import { AsmError, hasErrorCode } from '../../domain/error.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { createEventChannel } from '../../ports/event-channel.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { createLineSplitter } from '../../bridge/line-splitter.ts';

/** Bytes that a line of Amp may have; a longer one breaks the protocol. */
const maximumLine = 64 * 1024 * 1024;

/** Characters of a foreign line that are reported. */
const reportedLength = 4_096;

/** Lines whose events wait for the reader before Amp is not read any more. */
const capacity = 16;

/** Takes in what Amp wrote, at once when it comes; gives what readers are told of it. */
export interface LineTaker {
  message(message: JsonObject): readonly ProviderEvent[];
  /** A line that is no JSON object, cut to 4,096 characters. */
  foreign(line: string): readonly ProviderEvent[];
  /** Nothing more comes. */
  end(): readonly ProviderEvent[];
}

/**
 * Reads Amp's output, one JSON object a line; gives the events of each line. A slow reader slows Amp down.
 * Throws `agent_protocol_error` after a line of more than 64 MiB.
 */
export function readMessages(output: Readable, taker: LineTaker): AsyncIterable<readonly ProviderEvent[]> {
  const channel = createEventChannel<readonly ProviderEvent[]>(capacity);
  const splitter = createLineSplitter(maximumLine);
  const take = async (chunk: Uint8Array): Promise<void> => {
    for (const line of splitter.split(chunk)) {
      const message = readObject(line);
      const events = message === undefined ? takeForeign(line, taker) : taker.message(message);
      if (events.length > 0) await channel.push(events);
    }
  };
  const read = async (): Promise<void> => {
    const chunks: AsyncIterable<Buffer> = output;
    for await (const chunk of chunks) await take(chunk);
    // A last line without its end is told, too.
    await take(Buffer.from('\n'));
    await channel.push(taker.end());
  };
  read().then(
    () => channel.end(),
    (thrown: unknown) => channel.fail(readError(thrown)),
  );
  return channel;
}

function takeForeign(line: string, taker: LineTaker): readonly ProviderEvent[] {
  const text = line.slice(0, reportedLength).trimEnd();
  return text === '' ? [] : taker.foreign(text);
}

function readObject(line: string): JsonObject | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readError(thrown: unknown): AsmError {
  const isTooLong = hasErrorCode(thrown, 'invalid_input');
  const why = isTooLong ? 'it wrote a line of more than 64 MiB' : 'its output could not be read';
  return new AsmError('agent_protocol_error', `Amp broke its protocol: ${why}.`, {
    cause: thrown,
    provider: { provider: 'amp', kind: 'protocol' },
  });
}
