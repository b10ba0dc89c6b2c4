import { isAsmError } from '../../domain/error.ts';
import type { RunHost } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';
import type { AgentConnection } from './connection.ts';
import { textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Milliseconds that an agent has to stop its turn before it is ended. */
const cancelDeadline = 3_000;

export interface RunControlOptions {
  readonly agent: AcpAgent;
  readonly host: RunHost;
  readonly state: NormalizerState;
  /** Aborted when the turn is to stop, so that open questions are withdrawn. */
  readonly stopping: AbortController;
  /** Ends the agent at once. */
  readonly endAgent: () => void;
}

/** What goes from us to a working agent: steering, interrupts, and the order to stop. */
export class RunControl {
  readonly #options: RunControlOptions;
  readonly #onAbort = (): void => {
    if (!this.#isPrompting) this.#options.endAgent();
    this.#stop();
  };
  readonly #prompted = Promise.withResolvers<boolean>();
  #connection: AgentConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isPrompting = false;
  #ended = false;

  constructor(options: RunControlOptions) {
    this.#options = options;
    const { signal } = options.host;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
    void this.#interrupt().catch(() => undefined);
    void this.#steer().catch(() => undefined);
  }

  /** True when nothing more is to be asked of the agent. */
  get isStopped(): boolean {
    return this.#options.stopping.signal.aborted;
  }

  /** The prompt is on its way: from now on stopping means stopping the turn. */
  begin(connection: AgentConnection): void {
    this.#connection = connection;
    this.#isPrompting = true;
    this.#prompted.resolve(true);
  }

  /** The turn is over. Steering that comes later is refused. */
  end(): void {
    this.#ended = true;
    this.#isPrompting = false;
    this.#prompted.resolve(false);
    this.#options.host.signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#timer);
  }

  /** Before the prompt, an interrupt only keeps it from being sent. */
  #stop(): void {
    const { state, stopping, endAgent } = this.#options;
    if (this.#ended || stopping.signal.aborted) return;
    state.interrupted = true;
    stopping.abort();
    if (!this.#isPrompting) return;
    this.#connection?.notify('session/cancel', { sessionId: state.sessionId ?? '' });
    this.#timer = setTimeout(endAgent, cancelDeadline);
  }

  async #interrupt(): Promise<void> {
    for await (const _ of this.#options.host.interrupts) this.#stop();
  }

  async #steer(): Promise<void> {
    const { host, agent } = this.#options;
    for await (const steering of host.steering) {
      const way = agent.preset?.steering;
      if (way === undefined) steering.refused('This agent takes no message while it works.');
      else if (steering.message.text.trim() === '') steering.refused('The message is empty.');
      else {
        const reason = await this.#say(way, steering.message.text);
        if (reason === undefined) steering.accepted();
        else steering.refused(reason);
      }
    }
  }

  /** Says something to the working agent; gives why it did not take it, or `undefined`. */
  async #say(
    way: { readonly method: string; readonly accepted: readonly string[] },
    text: string,
  ): Promise<string | undefined> {
    if (!(await this.#prompted.promise) || this.#ended || this.#connection === undefined)
      return 'The agent has ended its turn.';
    try {
      const answer = await this.#connection.request(way.method, {
        sessionId: this.#options.state.sessionId ?? '',
        prompt: [{ type: 'text', text }],
      });
      const outcome = textField(answer, 'outcome') ?? 'nothing';
      return way.accepted.includes(outcome) ? undefined : `The agent did not take it (${outcome}).`;
    } catch (thrown) {
      return isAsmError(thrown) || thrown instanceof Error ? thrown.message : String(thrown);
    }
  }
}
