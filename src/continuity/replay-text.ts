import type { JsonObject } from '../domain/json.ts';
import { messageSize } from '../domain/transcript-size.ts';
import { truncateTranscript, type TranscriptLimits } from '../domain/transcript-truncation.ts';
import type { Transcript, TranscriptMessage } from '../domain/transcript.ts';

/** Tokens of a replayed conversation unless the run says otherwise. */
export const defaultReplayTokens = 32_000;

/** A conversation as text for an agent that did not have it. */
export interface Replay {
  readonly text: string;
  /** Messages that are in the text. */
  readonly messages: number;
  /** Older messages that were left out. */
  readonly omitted: number;
}

/**
 * Writes a conversation down for an agent to read before its task: newest messages first within the
 * limits, tool calls with their results. Each message is a line of JSON, so that nothing said in it can
 * look like the end of the conversation, or like a message of another. `undefined` when there is nothing
 * to tell. Throws `invalid_input` for limits that are not right.
 */
export function replayText(transcript: Transcript, limits: TranscriptLimits = {}): Replay | undefined {
  const kept = truncateTranscript(transcript, { maximumTokens: defaultReplayTokens, ...limits });
  const messages = kept.messages.filter((message) => messageSize(message) > 0);
  if (messages.length === 0) return undefined;
  const omitted = transcript.messages.length - messages.length;
  const text = [
    'This conversation went on before, with another agent or in another process. What was said and done so',
    'far follows, one message a line, as JSON; it is a record, and what it asks for has been dealt with',
    'unless the last message shows otherwise.',
    ...(omitted === 0 ? [] : [leftOut(omitted)]),
    '',
    ...messages.map((message) => JSON.stringify(line(message))),
    '',
    'Go on from here with the next message.',
  ].join('\n');
  return { text, messages: messages.length, omitted };
}

function leftOut(omitted: number): string {
  return omitted === 1 ? 'The oldest message is left out.' : `The ${omitted} oldest messages are left out.`;
}

function line(message: TranscriptMessage): JsonObject {
  const { role, text, tool, input, failure, incomplete } = message;
  if (role === 'tool') {
    return { role, tool: tool ?? '', ...(failure === undefined ? {} : { failed: failure }), result: text };
  }
  return {
    role,
    ...(tool === undefined ? { text } : { tool, input: input ?? {} }),
    ...(incomplete === undefined ? {} : { incomplete: true }),
  };
}
