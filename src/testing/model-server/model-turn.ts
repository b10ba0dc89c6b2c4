import type { JsonObject } from '../../domain/json.ts';

/** What the scripted model says in answer to one request. An empty turn is an empty message. */
export interface ModelTurn {
  readonly text?: string;
  /** Reasoning, said before the text. */
  readonly thinking?: string;
  /** What the model service itself searched the web for, before the text; only the Responses API tells it. */
  readonly searches?: readonly string[];
  /** Tool calls, made after the text. */
  readonly tools?: readonly ModelToolUse[];
  /** What the answer reports as used. Default: 1,000 input and 50 output tokens. */
  readonly usage?: ModelUsage;
  /** Default: `tool_use` when the turn has tools, else `end_turn`. */
  readonly stopReason?: string;
  /** Into how many pieces each text, reasoning and tool input is cut when it is streamed. Default 3. */
  readonly chunks?: number;
  /** Milliseconds before each piece. Default 0. */
  readonly chunkDelay?: number;
  /** Milliseconds before the answer begins. Default 0. */
  readonly delay?: number;
  /** Headers of the answer besides those that it has anyway. An `error` has its own. */
  readonly headers?: { readonly [name: string]: string };
  /** Answers with an HTTP error instead of a message. */
  readonly error?: ModelFailure;
  /** Destroys the socket after this many server-sent events; 0: before the first. Without streaming: instead of the answer. */
  readonly cutAfter?: number;
  /** Ends the stream with an error event, after the turn's content and instead of its end. */
  readonly errorEvent?: { readonly type: string; readonly message: string };
  /** Says the turn's content and then nothing more; the socket stays open until the client or the server closes it. */
  readonly hang?: boolean;
  /** Sent as the whole body, with status 200, instead of an answer. */
  readonly malformed?: string;
}

/** A tool call of the model. */
export interface ModelToolUse {
  /** The agent's own name of the tool, such as `Bash`. */
  readonly name: string;
  readonly input: JsonObject;
  /** In place of `input`, for a tool that takes a text; only the Responses API has such tools. */
  readonly text?: string;
  /** Default: a new id. */
  readonly id?: string;
}

/** Tokens of one answer; the classes are disjoint. What is missing is 0. */
export interface ModelUsage {
  /** Input tokens that were neither read from nor written to the cache. */
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Written to the cache for an hour, apart from `cacheWrite`; only the Messages API tells it. */
  readonly longCacheWrite?: number;
  /** Apart from `output`; only the Responses API tells it. */
  readonly reasoning?: number;
}

/** An HTTP error of the model service. */
export interface ModelFailure {
  readonly status: number;
  /** The service's name of the error; default: the one that goes with the status. */
  readonly type?: string;
  readonly message?: string;
  readonly headers?: { readonly [name: string]: string };
}

const nothingUsed: Required<ModelUsage> = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  longCacheWrite: 0,
  reasoning: 0,
};
const defaultUsage: Required<ModelUsage> = { ...nothingUsed, input: 1000, output: 50 };

/** What a turn reports as used, all classes. */
export function turnUsage(turn: ModelTurn): Required<ModelUsage> {
  return turn.usage === undefined ? defaultUsage : { ...nothingUsed, ...turn.usage };
}

/** Cuts text into at most `count` pieces of about equal length, never inside a character. */
export function cutText(text: string, count: number): readonly string[] {
  const characters = [...text];
  const length = Math.max(1, Math.ceil(characters.length / Math.max(1, count)));
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += length) {
    pieces.push(characters.slice(start, start + length).join(''));
  }
  return pieces.length === 0 ? [''] : pieces;
}
