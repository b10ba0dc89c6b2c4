import type { Writable } from 'node:stream';
import type { JsonObject } from '../../domain/json.ts';
import type { RunHost, Steering } from '../../ports/provider.ts';
import type { ProcessGroup } from '../../process/process-group.ts';
import { fieldOf, listField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { ThreadEnd } from './thread-file.ts';

/** Milliseconds in which Amp has written down what was said last in its thread. */
const keepDelay = 1_000;

/** Milliseconds that what Amp started has to end when it is told to. */
const endGrace = 400;

/** Milliseconds without a word after which Amp's thread on disk is looked at: did it leave its end out? */
const quietDeadline = 5_000;

/** The same after an answer that Amp doesn't go on from. */
const brokenAnswerDeadline = 2_000;

/** Milliseconds that Amp has to take in what was said while its turn ended. */
const takeDeadline = 10_000;

/** Milliseconds that Amp has to end after its last turn. */
const exitDeadline = 5_000;

/** Milliseconds that output may still come after Amp has ended: what it started may hold its output open. */
const outputGrace = 500;

/** Characters of a prompt from which on Amp may leave messages out, so that it is told at once that no more is said. */
const longPrompt = 64 * 1024;

/** Why a run was stopped by us. */
export type StopCause =
  | 'cancelled'
  | 'interrupted'
  | 'max_turns'
  | 'ungated_call'
  | 'no_key'
  | 'broken_answer';

export interface RunControlOptions {
  readonly host: RunHost;
  readonly agent: ProcessGroup;
  readonly state: NormalizerState;
  readonly maxTurns: number | undefined;
  /** True: a call that nobody was asked about is the project's own will. */
  readonly trustProject: boolean;
  /** Looks into the thread on disk. */
  readonly readThreadEnd: (thread: string) => Promise<ThreadEnd | undefined>;
}

/** What goes from us to a running Amp: its prompt, steering, interrupts and the end. */
export class RunControl {
  readonly #options: RunControlOptions;
  readonly #steered: Steering[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #onAbort = (): void => this.stop('cancelled');
  #quiet: NodeJS.Timeout | undefined;
  #init: JsonObject | undefined;
  #result: JsonObject | undefined;
  #stopCause: StopCause | undefined;
  #threadError: string | undefined;
  #turns = 0;
  /** True once Amp has taken the prompt in: before, the thread on disk ends with an earlier run. */
  #hasPrompt = false;
  #isClosed = false;
  #isEnded = false;

  constructor(options: RunControlOptions) {
    this.#options = options;
    const { signal } = options.host;
    void options.agent.exit.then(() => this.#after(outputGrace, () => this.#endAgent()));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The first message, which names the thread. */
  get init(): JsonObject | undefined {
    return this.#init;
  }

  /** The last message, which says how it went. */
  get result(): JsonObject | undefined {
    return this.#result;
  }

  get stopCause(): StopCause | undefined {
    return this.#stopCause;
  }

  /** What the thread on disk says about an answer that Amp didn't go on from. */
  get threadError(): string | undefined {
    return this.#threadError;
  }

  /** Hands the prompt over, and from then on what the host says meanwhile. */
  begin(prompt: string): void {
    this.#say(prompt);
    if (prompt.length >= longPrompt) this.#close();
    void this.#steer().catch(() => undefined);
    void this.#interrupt().catch(() => undefined);
  }

  /** Takes notice of a message, at once when it comes. */
  see(message: JsonObject): void {
    this.#watchQuiet(quietDeadline);
    switch (textField(message, 'type')) {
      case 'system':
        this.#init ??= message;
        break;
      case 'user':
        this.#seeUser(message);
        break;
      case 'assistant':
        if (textField(message, 'parent_tool_use_id') === undefined) this.#seeAnswer(message);
        break;
      case 'result':
        this.#result = message;
        this.#close();
        this.#after(exitDeadline, () => this.#endAgent());
        break;
      default:
    }
  }

  /** Takes notice of a line that is no message. */
  seeForeign(line: string): void {
    // Amp would now open a browser and wait for ever.
    if (this.#init === undefined && line.startsWith('No API key found.')) this.stop('no_key');
  }

  /**
   * Stops Amp; what it started is ended afterwards. It isn't asked to end by itself: it would first tell its
   * model that its tools broke. A thread that ends abruptly can be continued like any other.
   */
  stop(cause: StopCause): void {
    if (this.#stopCause !== undefined || this.#isEnded) return;
    this.#stopCause = cause;
    this.#options.state.stopping = true;
    if (cause === 'interrupted') this.#options.state.interrupted = true;
    this.#close();
    // After these the conversation goes on; meanwhile no call is allowed.
    if (cause === 'interrupted' || cause === 'max_turns') this.#after(keepDelay, () => this.#endAgent());
    else this.#endAgent();
  }

  /** Nothing more is sent. Steering that was not taken in is refused. */
  end(): void {
    this.#isEnded = true;
    this.#options.host.signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#quiet);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#close();
    for (const steering of this.#steered.splice(0))
      steering.refused('Amp ended before it took the message in.');
  }

  #seeUser(message: JsonObject): void {
    this.#hasPrompt = true;
    const blocks = listField(fieldOf(message, 'message'), 'content');
    const texts = new Set(blocks.flatMap((block) => textField(block, 'text') ?? []));
    const taken = this.#steered.findIndex((steering) => texts.has(steering.message.text));
    if (taken !== -1) this.#steered.splice(taken, 1)[0]?.accepted();
    if (this.#options.trustProject) return;
    for (const block of blocks) {
      const id = textField(block, 'tool_use_id');
      const ran = id !== undefined && fieldOf(block, 'is_error') !== true;
      if (ran && this.#options.state.calls.askedName(id) === undefined) this.stop('ungated_call');
    }
  }

  #seeAnswer(message: JsonObject): void {
    const native = fieldOf(message, 'message');
    const stopReason = textField(native, 'stop_reason');
    const blocks = listField(native, 'content').filter((block) => textField(block, 'type') === 'tool_use');
    const calls = blocks.length > 0;
    // Amp tells answers again when it can't write fast enough.
    if (blocks.some((block) => this.#options.state.calls.isTold(textField(block, 'id') ?? ''))) return;
    this.#turns++;
    if (stopReason === undefined) this.#watchQuiet(brokenAnswerDeadline);
    else if (calls && this.#turns >= (this.#options.maxTurns ?? Number.POSITIVE_INFINITY))
      this.stop('max_turns');
    if (calls || stopReason === undefined) return;
    // With something said that Amp hasn't taken in yet, another answer follows.
    if (this.#steered.length === 0) this.#close();
    else this.#after(takeDeadline, () => this.#close());
  }

  async #steer(): Promise<void> {
    for await (const steering of this.#options.host.steering) {
      if (this.#isClosed) steering.refused('Amp has ended its turn, or takes no more messages in it.');
      else if (steering.message.text.trim() === '') steering.refused('The message is empty.');
      else {
        this.#steered.push(steering);
        this.#say(steering.message.text);
      }
    }
  }

  async #interrupt(): Promise<void> {
    for await (const _ of this.#options.host.interrupts)
      if (this.#result === undefined) this.stop('interrupted');
  }

  #say(text: string): void {
    const message = { type: 'user', message: { role: 'user', content: [{ type: 'text', text }] } };
    this.#input.write(`${JSON.stringify(message)}\n`);
  }

  /** No more is said: Amp ends when its turn does. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#input.end();
  }

  get #input(): Writable {
    return this.#options.agent.child.stdin;
  }

  #watchQuiet(deadline: number): void {
    clearTimeout(this.#quiet);
    if (this.#isEnded) return;
    this.#quiet = setTimeout(() => void this.#lookAtThread(), deadline);
  }

  /** Amp leaves messages out when it can't write fast enough, and says nothing when an answer is broken off. */
  async #lookAtThread(): Promise<void> {
    const thread = textField(this.#init, 'session_id');
    const end = thread === undefined ? undefined : await this.#options.readThreadEnd(thread);
    if (this.#isEnded || this.#result !== undefined) return;
    if (!this.#hasPrompt) this.#watchQuiet(quietDeadline);
    else if (end?.error !== undefined) {
      this.#threadError = end.error;
      this.stop('broken_answer');
    } else if (end?.isOver === true) this.#close();
    else this.#watchQuiet(quietDeadline);
  }

  #endAgent(): void {
    const { agent } = this.#options;
    agent.child.kill('SIGKILL');
    void agent.end({ grace: endGrace }).catch(() => undefined);
  }

  #after(milliseconds: number, callback: () => void): void {
    if (this.#isEnded) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
