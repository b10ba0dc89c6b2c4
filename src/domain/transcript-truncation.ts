import { AsmError } from './error.ts';
import { assertOptionNames } from './option-names.ts';
import { cutMessages, messageSize } from './transcript-size.ts';
import type { Transcript, TranscriptMessage } from './transcript.ts';

/** How much of a transcript is kept. An absent limit is none. */
export interface TranscriptLimits {
  /** Most messages; a tool call and its result are two. */
  readonly maximumMessages?: number;
  /** Most tokens, estimated by their characters: tool names, inputs and outputs count like text. */
  readonly maximumTokens?: number;
  /** Characters (UTF-16 units) that make a token. Default 4. */
  readonly charactersPerToken?: number;
}

const fields = [
  'maximumMessages',
  'maximumTokens',
  'charactersPerToken',
] as const satisfies readonly (keyof TranscriptLimits)[];

/**
 * The newest part of a transcript that fits the limits. System messages stay whatever they take, and
 * count. A tool call and its result stay or go together. If the newest message alone is too long, its
 * text, or the pair's output and then its input, is cut to what is left. The result can be extended: what
 * was taken away doesn't come back. Throws `invalid_input` for a
 * limit that is negative or not a number, and `unknown_option`.
 */
export function truncateTranscript(transcript: Transcript, limits: TranscriptLimits): Transcript {
  assertOptionNames('The limits of a transcript', limits, fields);
  const { maximumMessages = Infinity, maximumTokens = Infinity, charactersPerToken = 4 } = limits;
  requireLimit('maximumMessages', maximumMessages);
  requireLimit('maximumTokens', maximumTokens);
  if (!(charactersPerToken > 0 && Number.isFinite(charactersPerToken))) {
    throw new AsmError('invalid_input', `charactersPerToken is a number above 0, not ${charactersPerToken}.`);
  }
  const { messages } = transcript;
  const kept = new Map<number, TranscriptMessage>();
  for (const [index, message] of messages.entries()) if (message.role === 'system') kept.set(index, message);
  let characters = maximumTokens * charactersPerToken - sizeOf([...kept.values()]);
  let places = maximumMessages - kept.size;
  let newest = true;
  for (const unit of unitsNewestFirst(messages)) {
    if (unit.length > places) {
      // A pair that can't be kept whole is no reason to keep nothing.
      if (newest && places > 0) continue;
      break;
    }
    const whole = unit.flatMap((index) => messages[index] ?? []);
    const fits = sizeOf(whole) <= characters;
    if (!fits && (!newest || characters < 1)) break;
    const parts = fits ? whole : cutMessages(whole, Math.floor(characters));
    if (sizeOf(parts) > characters) break;
    for (const [place, index] of unit.entries()) {
      const part = parts[place];
      if (part !== undefined) kept.set(index, part);
    }
    if (!fits) break;
    places -= unit.length;
    characters -= sizeOf(whole);
    newest = false;
  }
  return withMessages(transcript, kept);
}

/** Messages that belong together, by their indexes; ordered by the newest of each unit. */
function unitsNewestFirst(messages: readonly TranscriptMessage[]): readonly (readonly number[])[] {
  const calls = new Map<string, number>();
  const callOf = new Map<number, number>();
  for (const [index, { role, runId, toolCallId }] of messages.entries()) {
    if (toolCallId === undefined) continue;
    const key = `${runId} ${toolCallId}`;
    const call = calls.get(key);
    if (role !== 'tool') calls.set(key, index);
    else if (call !== undefined) {
      callOf.set(index, call);
      calls.delete(key);
    }
  }
  const paired = new Set(callOf.values());
  const units: number[][] = [];
  for (const [index, { role }] of messages.entries()) {
    if (role === 'system' || paired.has(index)) continue;
    const call = callOf.get(index);
    units.push(call === undefined ? [index] : [call, index]);
  }
  return units.toReversed();
}

function withMessages(transcript: Transcript, kept: ReadonlyMap<number, TranscriptMessage>): Transcript {
  const messages: TranscriptMessage[] = [];
  const places = new Map<number, number>();
  for (const index of transcript.messages.keys()) {
    const message = kept.get(index);
    if (message !== undefined) places.set(index, messages.push(message) - 1);
  }
  const parts = transcript.parts.map(({ index, ...part }) => {
    const place = index === undefined ? undefined : places.get(index);
    return place === undefined ? part : { ...part, index: place };
  });
  return { ...transcript, messages, parts };
}

function sizeOf(messages: readonly TranscriptMessage[]): number {
  return messages.reduce((sum, message) => sum + messageSize(message), 0);
}

function requireLimit(name: string, value: number): void {
  if (value >= 0) return;
  throw new AsmError('invalid_input', `${name} is a number from 0, not ${value}.`);
}
