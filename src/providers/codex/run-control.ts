import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asAsmError, type AsmError } from '../../domain/error.ts';
import { createEventChannel, type EventChannel } from '../../ports/event-channel.ts';
import type { ProviderEvent, RunHost, RunRequest } from '../../ports/provider.ts';
import { Approvals } from './approvals.ts';
import { refusedRequest } from './errors.ts';
import { JsonRpcRefusal } from './json-rpc-connection.ts';
import { objectField, textField } from './native-fields.ts';
import { normalize } from './normalize.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { within, type CodexServer, type ThreadListener } from './server.ts';

/** Milliseconds that Codex has to stop a turn. */
const stopDeadline = 3_000;

/** Milliseconds that Codex has to take a message in or to let a conversation go. */
const answerDeadline = 3_000;

export interface RunControlOptions {
  readonly provider: string;
  readonly host: RunHost;
  readonly server: CodexServer;
  readonly state: NormalizerState;
  readonly clientTools: NonNullable<RunRequest['clientTools']>;
}

/** What goes between us and Codex during one run: its turn, questions, steering, interrupts and the end. */
export class RunControl implements ThreadListener {
  readonly events: EventChannel<ProviderEvent> = createEventChannel<ProviderEvent>();
  readonly #options: RunControlOptions;
  readonly #approvals: Approvals;
  readonly #stopping = new AbortController();
  readonly #turnBegan = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  readonly #onAbort = (): void => void this.#stop();
  #isOver = false;
  #broken = false;
  #failure: AsmError | undefined;

  constructor(options: RunControlOptions) {
    this.#options = options;
    const { host, state, clientTools } = options;
    this.#approvals = new Approvals({
      host,
      clientTools,
      state,
      stopping: this.#stopping.signal,
      explain: (turn, text) => this.#explain(turn, text),
    });
  }

  /** Why the run failed, unless its turn tells. */
  get failure(): AsmError | undefined {
    return this.#failure;
  }

  /** Starts the turn, and from then on passes on what the host says meanwhile. */
  begin(params: JsonObject): void {
    const { host, server, provider, state } = this.#options;
    if (host.signal.aborted) this.#onAbort();
    else host.signal.addEventListener('abort', this.#onAbort, { once: true });
    const began = server.request('turn/start', params, (answer) => {
      state.turn = textField(objectField(answer, 'turn'), 'id') ?? state.turn;
      this.#turnBegan.resolve();
    });
    began.catch((thrown: unknown) => {
      this.#fail(
        thrown instanceof JsonRpcRefusal
          ? refusedRequest('invalid_request', 'Codex did not take the task.', provider, thrown)
          : asAsmError(thrown),
      );
    });
    void this.#steer().catch(() => undefined);
    void this.#interrupt().catch(() => undefined);
  }

  async onNotification(method: string, params: JsonObject): Promise<void> {
    if (this.#isOver) return;
    const { state } = this.#options;
    for (const event of normalize(method, params, state)) await this.events.push(event);
    if (state.ended !== undefined) this.#finish();
  }

  async onForeign(line: string): Promise<void> {
    await this.events.push({ type: 'unparsed', data: { raw: line } });
  }

  onLost(error: AsmError): void {
    this.#fail(error);
  }

  async onRequest(method: string, params: JsonObject): Promise<JsonValue> {
    try {
      return await this.#approvals.answer(method, params);
    } catch (thrown) {
      // A question that is withdrawn is not answered, or the model would be told something.
      if (this.#stopping.signal.aborted || this.#options.host.signal.aborted) {
        await this.#over.promise;
        return { decision: 'cancel' };
      }
      void this.events.push({ type: 'unparsed', data: { raw: { method, params } } });
      throw thrown;
    }
  }

  /** Nothing more is wanted: a turn that goes on is stopped. Gives whether Codex did not obey. */
  async end(): Promise<{ readonly broken: boolean }> {
    const { host, state } = this.#options;
    host.signal.removeEventListener('abort', this.#onAbort);
    if (!this.#isOver && state.turn !== undefined) await this.#stop();
    this.#finish();
    return { broken: this.#broken };
  }

  /** Lets a conversation go that a shared server keeps open, with what still runs in it. */
  async leave(): Promise<void> {
    const { server, state } = this.#options;
    const tell = async (method: string, params: JsonObject): Promise<void> => {
      await within(server.request(method, params), answerDeadline).catch(() => undefined);
    };
    for (const [threadId, turnId] of state.subagentTurns) await tell('turn/interrupt', { threadId, turnId });
    for (const threadId of server.closeThreads(this)) {
      await tell('thread/backgroundTerminals/clean', { threadId });
      await tell('thread/unsubscribe', { threadId });
    }
  }

  #fail(error: AsmError): void {
    if (!this.#isOver) this.#failure ??= error;
    this.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    this.#stopping.abort();
    this.#turnBegan.resolve();
    this.#over.resolve();
    this.events.end();
  }

  /** Stops the turn, in a short time or never. */
  async #stop(): Promise<void> {
    this.#stopping.abort();
    const stopped = this.#turnBegan.promise.then(async () => {
      if (this.#isOver) return true;
      await this.#requestStop();
      await this.#over.promise;
      return true;
    });
    const obeyed = await within(stopped, stopDeadline).catch(() => undefined);
    if (obeyed === undefined) this.#broken = true;
    this.#finish();
  }

  async #requestStop(): Promise<void> {
    const { server, state } = this.#options;
    await server.request('turn/interrupt', { threadId: state.thread, turnId: state.turn ?? '' });
  }

  async #steer(): Promise<void> {
    for await (const steering of this.#options.host.steering) {
      await this.#turnBegan.promise;
      if (this.#isOver) steering.refused('The agent has ended its turn.');
      else if (steering.message.text.trim() === '') steering.refused('The message is empty.');
      else {
        const taken = await this.#say(this.#options.state.turn ?? '', steering.message.text);
        if (taken) steering.accepted();
        else steering.refused('The agent did not take the message in.');
      }
    }
  }

  async #interrupt(): Promise<void> {
    const { host, state } = this.#options;
    for await (const _ of host.interrupts) {
      await this.#turnBegan.promise;
      if (this.#isOver || state.interrupted) continue;
      state.interrupted = true;
      await this.#stop();
    }
  }

  async #explain(turn: string, text: string): Promise<void> {
    if (!this.#isOver) await this.#say(turn, text);
  }

  async #say(turn: string, text: string): Promise<boolean> {
    const { server, state } = this.#options;
    const input = [{ type: 'text', text: text.toWellFormed(), text_elements: [] }];
    const said = server.request('turn/steer', { threadId: state.thread, expectedTurnId: turn, input });
    return await within(
      said.then(
        () => true,
        () => false,
      ),
      answerDeadline,
    ).then((taken) => taken === true);
  }
}
