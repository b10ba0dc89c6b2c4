import type { JsonObject } from '../../domain/json.ts';
import type { RunHost, Steering } from '../../ports/provider.ts';
import type { InputQueue } from './input-queue.ts';
import { fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { PermissionHook } from './permission-hook.ts';
import type { ClaudeProcess } from './process.ts';
import type { SdkQuery } from './sdk.ts';

/** Milliseconds that the agent has to stop its turn when it is asked to. */
const interruptDeadline = 10_000;

/** Milliseconds that a cancelled agent has to take its question back before it is ended. */
const withdrawDeadline = 300;

/** Milliseconds after which an agent takes no other turn for its subagent's end, or for the prompt. */
const wakeDeadline = 10_000;

/** Milliseconds that the program has to end after its last turn. */
const exitDeadline = 5_000;

export interface RunControlOptions {
  readonly host: RunHost;
  readonly query: SdkQuery;
  readonly input: InputQueue;
  readonly agent: ClaudeProcess;
  readonly permissions: PermissionHook;
  readonly state: NormalizerState;
}

/** What goes from us to a running agent: its prompt, steering, interrupts and the end. */
export class RunControl {
  readonly #options: RunControlOptions;
  readonly #steered = new Map<string, Steering>();
  readonly #turnBegan = Promise.withResolvers<void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #onAbort = (): void => void this.#cancel();
  #prompt: string | undefined;
  #tellsLifecycle = false;
  /** True while the program says that the prompt waits for its turn. */
  #promptWaits = false;
  #begun = false;
  /** False from the end of the last subagent until the turn that it causes. */
  #awake = true;
  #over = false;
  #ended = false;
  #result: JsonObject | undefined;

  constructor(options: RunControlOptions) {
    this.#options = options;
    const { signal } = options.host;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The last result of a turn. */
  get result(): JsonObject | undefined {
    return this.#result;
  }

  /** True once the conversation was found and a turn began. */
  get begun(): boolean {
    return this.#begun;
  }

  /** True when nothing more is wanted of the agent, whatever it may still say. */
  get isOver(): boolean {
    return this.#over;
  }

  /** True while something was said that the agent hasn't taken in. */
  get hasUnheard(): boolean {
    return this.#steered.size > 0;
  }

  /** True when the program was let go after its last turn: how it then ends doesn't matter. */
  get inputClosedByUs(): boolean {
    return this.#result !== undefined && this.#options.input.closed;
  }

  /** Hands the prompt over, if there is one, and from then on what the host says meanwhile. */
  begin(prompt: string | undefined): void {
    if (prompt !== undefined) this.#prompt = this.#options.input.push(prompt);
    void this.#steer().catch(() => undefined);
    void this.#interrupt().catch(() => undefined);
  }

  /** Takes notice of a message of the agent. */
  see(message: JsonObject): void {
    switch (textField(message, 'type')) {
      case 'command_lifecycle':
        this.#seeLifecycle(textField(message, 'command_uuid') ?? '', textField(message, 'state') ?? '');
        break;
      case 'system':
        this.#seeSystem(textField(message, 'subtype') ?? '');
        break;
      case 'result':
        this.#seeResult(message);
        break;
      default:
    }
    for (const id of listField(message, 'user_message_uuids')) if (typeof id === 'string') this.#deliver(id);
  }

  /** Nothing more is sent. Steering that was not taken in is refused. */
  end(): void {
    this.#ended = true;
    this.#options.host.signal.removeEventListener('abort', this.#onAbort);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#turnBegan.resolve();
    this.#options.input.close();
    for (const steering of this.#steered.values())
      steering.refused('The agent ended before it took the message in.');
    this.#steered.clear();
  }

  #seeSystem(subtype: string): void {
    if (subtype === 'init') {
      this.#begun = true;
      this.#awake = true;
      this.#turnBegan.resolve();
    }
    // When the last subagent ends, the agent takes another turn. It may not, if it was ended.
    const { input, state } = this.#options;
    if (!subtype.startsWith('task_') || this.#result === undefined || state.subagents.workingInBackground > 0)
      return;
    this.#awake = false;
    this.#after(wakeDeadline, () => {
      if (!this.#awake) input.close();
    });
  }

  #seeLifecycle(id: string, lifecycle: string): void {
    if (id === this.#prompt) {
      this.#tellsLifecycle = true;
      this.#promptWaits = lifecycle === 'queued';
    }
    if (lifecycle === 'started' || lifecycle === 'completed') this.#deliver(id);
    if (lifecycle !== 'cancelled' && lifecycle !== 'discarded') return;
    this.#steered.get(id)?.refused('The agent dropped the message.');
    this.#steered.delete(id);
  }

  #deliver(id: string): void {
    this.#steered.get(id)?.accepted();
    this.#steered.delete(id);
  }

  #seeResult(result: JsonObject): void {
    const { input, state } = this.#options;
    this.#result = result;
    if (state.interrupted && fieldOf(result, 'is_error') === true) this.#over = true;
    const more =
      state.subagents.workingInBackground > 0 || (numberField(result, 'queued_turn_count') ?? 0) > 0;
    // A conversation that was ended with a question open first takes a turn for that.
    if (!this.#over && this.#promptWaits) {
      this.#after(wakeDeadline, () => {
        if (this.#promptWaits) input.close();
      });
      return;
    }
    if (!this.#over && (more || this.#steered.size > 0)) return;
    input.close();
    this.#after(exitDeadline, () => this.#endAgent());
  }

  async #steer(): Promise<void> {
    const { input, host, permissions } = this.#options;
    for await (const steering of host.steering) {
      if (this.#ended || input.closed) steering.refused('The agent has ended its turn.');
      // It would take another turn for it, instead of ending with its question open.
      else if (permissions.parked) steering.refused('The agent is being ended while its question waits.');
      else if (steering.message.text.trim() === '') steering.refused('The message is empty.');
      else this.#push(steering);
    }
  }

  #push(steering: Steering): void {
    const id = this.#options.input.push(steering.message.text);
    // A program that doesn't tell when it takes a message in is trusted to do it.
    if (this.#begun && !this.#tellsLifecycle) steering.accepted();
    else this.#steered.set(id, steering);
  }

  async #interrupt(): Promise<void> {
    const { host, query, state } = this.#options;
    for await (const _ of host.interrupts) {
      await this.#turnBegan.promise;
      if (this.#ended || this.#options.input.closed || state.interrupted) continue;
      state.interrupted = true;
      this.#after(interruptDeadline, () => this.#endAgent());
      query.interrupt().catch(() => undefined);
    }
  }

  /** With a question or a call open, an agent that is just ended would first tell the model that it failed. */
  async #cancel(): Promise<void> {
    const { permissions, state } = this.#options;
    if (permissions.openQuestions > 0 || state.calls.hasOpen) {
      const withdrawn = this.#options.query.interrupt().catch(() => undefined);
      await Promise.race([withdrawn, new Promise<void>((resolve) => this.#after(withdrawDeadline, resolve))]);
    }
    this.#endAgent();
  }

  #endAgent(): void {
    void this.#options.agent.end().catch(() => undefined);
  }

  #after(milliseconds: number, callback: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
