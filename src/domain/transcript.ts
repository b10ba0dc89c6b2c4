import { AsmError } from './error.ts';
import type { LogEvent } from './event.ts';
import type { RunId, SessionId } from './id.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { MessageRole } from './message.ts';
import { TranscriptBuilder } from './transcript-builder.ts';

/** One message of a conversation. */
export interface TranscriptMessage {
  readonly role: MessageRole;
  /**
   * What was said; of a tool's result its output as text, of a tool call nothing. Redacted text stays
   * as it was stored.
   */
  readonly text: string;
  /** Set on a tool call (role `assistant`) and on its result (role `tool`): what makes them a pair. */
  readonly toolCallId?: string;
  /** Name of the tool, the same for every provider. Set with `toolCallId`. */
  readonly tool?: string;
  /** Only on a tool call: the input that the tool ran with, also when it was changed. */
  readonly input?: JsonObject;
  /** Only on a tool's result: what the tool gave. */
  readonly output?: JsonValue;
  /** Only on the result of a call that failed: why. */
  readonly failure?: 'error' | 'denied' | 'interrupted';
  /** True on a message that a person sent while the agent worked. */
  readonly steering?: boolean;
  /**
   * Set on a message of which not all is there, or a tool call without its result: `open` while its run
   * can still bring the rest, `interrupted` when the run or its attempt ended before.
   */
  readonly incomplete?: 'open' | 'interrupted';
  readonly runId: RunId;
  /** Number of the event with which the message began: messages stand in this order. */
  readonly seq: number;
}

/** The conversation of a session as plain data, read from its log. */
export interface Transcript {
  /** Absent as long as no event was read. */
  readonly sessionId?: SessionId;
  readonly messages: readonly TranscriptMessage[];
  /** Number of the newest event that was read; 0 before the first. The cursor to go on from. */
  readonly lastSeq: number;
  /** What later events of runs that go on may refer to. For `extendTranscript`, of no use to readers. */
  readonly parts: readonly TranscriptPart[];
}

/** A message or tool call of a run that has not ended. */
export interface TranscriptPart {
  readonly kind: 'message' | 'call';
  readonly runId: RunId;
  readonly attempt: number;
  /** The provider's id of the message or the call. */
  readonly id: string;
  /** Index of its message; absent for what is left out: a subagent's, or cut off by a truncation. */
  readonly index?: number;
  /** True when nothing more is expected of it. */
  readonly done: boolean;
}

/** A transcript without messages: where `extendTranscript` can begin. */
export const emptyTranscript: Transcript = Object.freeze({ messages: [], lastSeq: 0, parts: [] });

/**
 * Reads the conversation off the events of one session, oldest first; see `extendTranscript`.
 *
 * Pieces of a text become one message where the text began, and the whole message replaces them.
 * A tool call and its result are two messages. Reasoning, the streamed output of tools and what is
 * said inside subagents are left out; what a subagent gave is the result of its tool call.
 */
export function transcriptFromEvents(events: Iterable<LogEvent>): Transcript {
  return extendTranscript(emptyTranscript, events);
}

/**
 * The transcript with later events. The result is the same however a log is cut into pieces. Events
 * that the transcript has read already are skipped, and the given transcript is not changed. Throws
 * `invalid_input` for events that aren't in the order of their numbers, or of another session.
 */
export function extendTranscript(transcript: Transcript, events: Iterable<LogEvent>): Transcript {
  const builder = new TranscriptBuilder(transcript);
  let { sessionId } = transcript;
  let previous = 0;
  for (const event of events) {
    sessionId ??= event.sessionId;
    if (event.sessionId !== sessionId) {
      throw new AsmError(
        'invalid_input',
        `A transcript is of one session; this one is of ${sessionId}, and an event of ${event.sessionId} came.`,
      );
    }
    if (event.seq < previous) {
      throw new AsmError(
        'invalid_input',
        `Events of a transcript come oldest first; event ${event.seq} came after ${previous}.`,
      );
    }
    previous = event.seq;
    builder.take(event);
  }
  return { ...(sessionId === undefined ? {} : { sessionId }), ...builder.build() };
}
