import { AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RunHost, Steering } from '../../ports/provider.ts';
import type { AppServer } from './app-server.ts';
import type { MessageInbox } from './message-inbox.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Milliseconds that the agent has to stop its turn when it is cancelled. */
const cancelDeadline = 3_000;

/** Milliseconds that the agent has to stop its turn when it is interrupted. */
const interruptDeadline = 10_000;

export interface RunControlOptions {
  readonly host: RunHost;
  readonly server: AppServer;
  readonly inbox: MessageInbox;
  readonly state: NormalizerState;
  /** True: other runs use the server, so that it isn't ended for this one while it answers. */
  readonly shared: boolean;
}

/** What goes from us to a working agent: steering, interrupts and the end. */
export class RunControl {
  readonly #options: RunControlOptions;
  readonly #turnBegan = Promise.withResolvers<void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #onAbort = (): void => this.#cancel();
  #ended = false;

  constructor(options: RunControlOptions) {
    this.#options = options;
    const { signal } = options.host;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
    void this.#steer().catch(() => undefined);
    void this.#interrupt().catch(() => undefined);
  }

  /** The turn of this run has begun. */
  begin(): void {
    this.#turnBegan.resolve();
  }

  /** Says something to the model within the turn; a turn that is over doesn't hear it. */
  async tell(text: string): Promise<void> {
    await this.#say(text).catch(() => undefined);
  }

  /** Nothing more is sent. */
  end(): void {
    this.#ended = true;
    this.#options.host.signal.removeEventListener('abort', this.#onAbort);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#turnBegan.resolve();
  }

  /** Asks to stop the turn; resolves when the server answered. */
  async stopTurn(): Promise<void> {
    const { server, state } = this.#options;
    const { threadId, turnId } = state;
    if (threadId === undefined || turnId === undefined) return;
    await server.rpc.request('turn/interrupt', { threadId, turnId });
  }

  #say(text: string): Promise<unknown> {
    const { server, state } = this.#options;
    const { threadId = '', turnId = '' } = state;
    return server.rpc.request('turn/steer', { threadId, expectedTurnId: turnId, input: textInput(text) });
  }

  async #steer(): Promise<void> {
    for await (const steering of this.#options.host.steering) {
      await this.#turnBegan.promise;
      if (this.#ended || this.#options.state.ended !== undefined)
        steering.refused('The agent has ended its turn.');
      else if (steering.message.text.trim() === '') steering.refused('The message is empty.');
      else this.#pass(steering);
    }
  }

  #pass(steering: Steering): void {
    this.#say(steering.message.text).then(
      () => steering.accepted(),
      (thrown: unknown) => steering.refused(thrown instanceof Error ? thrown.message : String(thrown)),
    );
  }

  async #interrupt(): Promise<void> {
    const { host, state } = this.#options;
    for await (const _ of host.interrupts) {
      await this.#turnBegan.promise;
      if (this.#ended || state.interrupted || state.ended !== undefined) continue;
      state.interrupted = true;
      this.#after(interruptDeadline, () => this.#giveUp());
      this.stopTurn().catch(() => undefined);
    }
  }

  #cancel(): void {
    const { state, inbox } = this.#options;
    const cancelled = new AsmError('cancelled', 'The run was cancelled.');
    state.cancelled = true;
    if (state.turnId === undefined) return inbox.fail(cancelled);
    let answered = false;
    this.stopTurn().then(
      () => {
        answered = true;
      },
      // A turn that isn't there needs no stopping.
      () => inbox.fail(cancelled),
    );
    this.#after(cancelDeadline, () => {
      if (answered && this.#options.shared) inbox.fail(cancelled);
      else this.#giveUp();
    });
  }

  #giveUp(): void {
    void this.#options.server.end(0).catch(() => undefined);
  }

  #after(milliseconds: number, callback: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

/** A text as the app-server takes it. */
export function textInput(text: string): readonly JsonObject[] {
  return [{ type: 'text', text, text_elements: [] }];
}
