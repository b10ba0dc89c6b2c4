import { isTerminalRunEvent, type Event, type LogEvent } from './event.ts';
import type { RunId } from './id.ts';
import type { JsonValue } from './json.ts';
import type { Transcript, TranscriptMessage, TranscriptPart } from './transcript.ts';

/** A numbered event of a run. */
type RunEvent = LogEvent & { readonly runId: RunId };

/** Takes in the events of one log in their order; keeps what they leave open by its id. */
export class TranscriptBuilder {
  readonly #messages: TranscriptMessage[];
  readonly #parts: Map<string, TranscriptPart>;
  #lastSeq: number;

  constructor(transcript: Transcript) {
    this.#messages = [...transcript.messages];
    this.#parts = new Map(transcript.parts.map((part) => [partKey(part), part]));
    this.#lastSeq = transcript.lastSeq;
  }

  take(event: LogEvent): void {
    if (event.seq <= this.#lastSeq) return;
    this.#lastSeq = event.seq;
    if (isOfRun(event)) this.#takeOfRun(event);
  }

  build(): Pick<Transcript, 'messages' | 'lastSeq' | 'parts'> {
    return { messages: this.#messages, lastSeq: this.#lastSeq, parts: [...this.#parts.values()] };
  }

  #takeOfRun(event: RunEvent): void {
    switch (event.type) {
      case 'message_sent': {
        const { role, text, steering } = event.data;
        this.#add({ role, text, ...(steering === true ? { steering } : {}), ...origin(event) });
        return;
      }
      case 'message_streamed':
        this.#streamed(event);
        return;
      case 'message_received':
        this.#received(event);
        return;
      case 'tool_call_started':
        this.#called(event);
        return;
      case 'tool_call_decided':
        if (event.data.changedInput !== undefined) {
          this.#change(this.#part('call', event, event.data.toolCallId), { input: event.data.changedInput });
        }
        return;
      case 'tool_call_completed':
      case 'tool_call_failed':
        this.#answered(event);
        return;
      case 'attempt_failed':
        this.#interrupt((part) => part.runId === event.runId && part.attempt === attemptOf(event));
        return;
      default:
        if (!isTerminalRunEvent(event)) return;
        this.#interrupt((part) => part.runId === event.runId);
        this.#forget(event.runId);
    }
  }

  #streamed(event: Event<'message_streamed'> & RunEvent): void {
    const { messageId, text, parentToolCallId } = event.data;
    if (parentToolCallId !== undefined || text === '') return;
    const part = this.#part('message', event, messageId);
    if (part === undefined) {
      const index = this.#add({ role: 'assistant', text, incomplete: 'open', ...origin(event) });
      this.#keep('message', event, messageId, { index, done: false });
    } else if (!part.done && part.index !== undefined) {
      this.#change(part, { text: `${this.#messages[part.index]?.text ?? ''}${text}` });
    }
  }

  /** The whole message; an empty one takes nothing back that was streamed. */
  #received(event: Event<'message_received'> & RunEvent): void {
    const { messageId, role, text, parentToolCallId } = event.data;
    if (parentToolCallId !== undefined) return;
    const part = this.#part('message', event, messageId);
    if (part === undefined) {
      if (text === '') return;
      const index = this.#add({ role, text, ...origin(event) });
      this.#keep('message', event, messageId, { index, done: true });
      return;
    }
    this.#change(part, { role, ...(text === '' ? {} : { text }) });
    this.#finish(part);
  }

  #called(event: Event<'tool_call_started'> & RunEvent): void {
    const { toolCallId, tool, input, lineage } = event.data;
    if (this.#part('call', event, toolCallId) !== undefined) return;
    if (lineage?.parentToolCallId !== undefined || lineage?.agentId !== undefined) {
      this.#keep('call', event, toolCallId, { done: true });
      return;
    }
    const call = { role: 'assistant', text: '', toolCallId, tool, input, incomplete: 'open' } as const;
    const index = this.#add({ ...call, ...origin(event) });
    this.#keep('call', event, toolCallId, { index, done: false });
  }

  #answered(event: Event<'tool_call_completed' | 'tool_call_failed'> & RunEvent): void {
    const { toolCallId, tool, output, parentToolCallId } = event.data;
    if (parentToolCallId !== undefined) return;
    const part = this.#part('call', event, toolCallId);
    if (part?.done === true) return;
    if (part === undefined) this.#keep('call', event, toolCallId, { done: true });
    else this.#finish(part);
    // A call that a truncation took away takes its result with it.
    if (part !== undefined && part.index === undefined) return;
    this.#add({
      role: 'tool',
      text: outputText(output),
      toolCallId,
      tool,
      output,
      ...(event.type === 'tool_call_failed' ? { failure: event.data.reason } : {}),
      ...origin(event),
    });
  }

  /** What is open won't be finished any more. */
  #interrupt(concerns: (part: TranscriptPart) => boolean): void {
    for (const part of this.#parts.values()) {
      if (part.done || !concerns(part)) continue;
      this.#change(part, { incomplete: 'interrupted' });
      this.#parts.set(partKey(part), { ...part, done: true });
    }
  }

  #forget(runId: RunId): void {
    for (const [key, part] of this.#parts) if (part.runId === runId) this.#parts.delete(key);
  }

  #add(message: TranscriptMessage): number {
    return this.#messages.push(message) - 1;
  }

  /** Messages of earlier transcripts are shared, so a changed one is a new one. */
  #change(part: TranscriptPart | undefined, fields: Partial<TranscriptMessage>): void {
    if (part?.index === undefined) return;
    const message = this.#messages[part.index];
    if (message !== undefined) this.#messages[part.index] = { ...message, ...fields };
  }

  #finish(part: TranscriptPart): void {
    this.#parts.set(partKey(part), { ...part, done: true });
    if (part.index === undefined) return;
    const message = this.#messages[part.index];
    if (message === undefined) return;
    const { incomplete: _incomplete, ...whole } = message;
    this.#messages[part.index] = whole;
  }

  #part(kind: TranscriptPart['kind'], event: RunEvent, id: string): TranscriptPart | undefined {
    return this.#parts.get(partKey({ kind, runId: event.runId, attempt: attemptOf(event), id }));
  }

  #keep(
    kind: TranscriptPart['kind'],
    event: RunEvent,
    id: string,
    state: Pick<TranscriptPart, 'index' | 'done'>,
  ): void {
    const part = { kind, runId: event.runId, attempt: attemptOf(event), id, ...state };
    this.#parts.set(partKey(part), part);
  }
}

function partKey({
  kind,
  runId,
  attempt,
  id,
}: Pick<TranscriptPart, 'kind' | 'runId' | 'attempt' | 'id'>): string {
  return `${kind} ${runId} ${attempt} ${id}`;
}

function isOfRun(event: LogEvent): event is RunEvent {
  return event.runId !== undefined;
}

function attemptOf(event: RunEvent): number {
  return event.attempt ?? 0;
}

function origin(event: RunEvent): Pick<TranscriptMessage, 'runId' | 'seq'> {
  return { runId: event.runId, seq: event.seq };
}

function outputText(output: JsonValue): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}
