import type { JsonObject } from '../../domain/json.ts';
import type { TokenUsage } from '../../domain/usage.ts';

/** One piece of an answer of the model, as far as it was seen. */
export interface AnswerBlock {
  /** `text`, `thinking`, `tool_use` and others, in the agent's words. */
  readonly type: string;
  readonly index: number;
  /** What was streamed of it. */
  streamed: string;
  /** True once the whole piece came. */
  received: boolean;
}

/** One answer of the model in one thread: the main one or a subagent's. */
export interface Answer {
  /** The model service's id of it. */
  readonly id: string;
  readonly model: string | undefined;
  readonly blocks: AnswerBlock[];
  /** True when its beginning came as a stream. */
  readonly streamed: boolean;
  /** What its beginning said about usage; its end replaces the counts that changed. */
  readonly startUsage: JsonObject;
  /** What it used, once that is known. */
  usage: TokenUsage | undefined;
  stopReason: string | undefined;
  /** True once `turn_completed` was said of it. */
  completed: boolean;
}

/** Keeps the current answer of each thread, by the tool call that started the thread. */
export class AnswerTracker {
  readonly #current = new Map<string, Answer>();

  /** The current answer of a thread. */
  current(thread: string | undefined): Answer | undefined {
    return this.#current.get(thread ?? '');
  }

  /** Begins an answer; it takes the place of the thread's current one. */
  begin(
    thread: string | undefined,
    answer: Pick<Answer, 'id' | 'model' | 'streamed' | 'startUsage'>,
  ): Answer {
    const begun = { ...answer, blocks: [], usage: undefined, stopReason: undefined, completed: false };
    this.#current.set(thread ?? '', begun);
    return begun;
  }

  /** The answers that are not complete. */
  open(): readonly Answer[] {
    return [...this.#current.values()].filter((answer) => !answer.completed);
  }

  /** Forgets a thread that has ended. */
  forget(thread: string): void {
    this.#current.delete(thread);
  }
}

/** The block that a whole piece belongs to: the first streamed one of its type that waits for it, else a new one. */
export function blockFor(answer: Answer, type: string): AnswerBlock {
  const waiting = answer.blocks.find((block) => block.type === type && !block.received);
  if (waiting !== undefined) return waiting;
  const last = answer.blocks.at(-1);
  return addBlock(answer, type, last === undefined ? 0 : last.index + 1);
}

/** Adds a block at its place in the answer. */
export function addBlock(answer: Answer, type: string, index: number): AnswerBlock {
  const block: AnswerBlock = { type, index, streamed: '', received: false };
  answer.blocks.push(block);
  return block;
}

/** Our id of a piece of an answer: the service's id of the answer and the piece's place in it. */
export function blockId(answer: Answer, block: AnswerBlock): string {
  return `${answer.id}:${block.index}`;
}
