import type { Clock } from '../domain/clock.ts';
import type { EventDraft, LogEvent } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { createEventChannel, type EventChannel } from '../ports/event-channel.ts';
import type { Provider, Steering } from '../ports/provider.ts';
import { isSupported } from '../domain/capability.ts';
import { pause } from '../domain/pause.ts';
import type { EventLog } from './event-log.ts';
import { follow } from './follow.ts';

/** Milliseconds until the log is read again after the store failed. */
const retryDelay = 1_000;

export interface RunRequestsOptions {
  readonly log: EventLog;
  readonly sessionId: SessionId;
  readonly runId: RunId;
  readonly after: number;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly record: (draft: EventDraft) => void;
  readonly onCancel: (reason: string | undefined) => void;
}

/**
 * What others, in any process, ask of a running run. It reads the requests from the session's log
 * and hands them to the provider; each is answered by one event.
 */
export class RunRequests {
  readonly #options: RunRequestsOptions;
  readonly #steering: EventChannel<Steering> = createEventChannel<Steering>();
  readonly #interrupts: EventChannel<true> = createEventChannel<true>();
  readonly #unanswered = new Map<string, (reason: string) => EventDraft>();
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  constructor(options: RunRequestsOptions) {
    this.#options = options;
    this.#reading = this.#read();
  }

  get steering(): AsyncIterable<Steering> {
    return this.#steering;
  }

  get interrupts(): AsyncIterable<true> {
    return this.#interrupts;
  }

  /** Stops listening. Returns the answers to what was never answered. */
  async close(): Promise<readonly EventDraft[]> {
    this.#stop.abort();
    this.#steering.end();
    this.#interrupts.end();
    await this.#reading;
    const answers = [...this.#unanswered.values()].map((refuse) => refuse('The run has ended.'));
    this.#unanswered.clear();
    return answers;
  }

  async #read(): Promise<void> {
    const { log, sessionId, runId, clock } = this.#options;
    const { signal } = this.#stop;
    let { after } = this.#options;
    while (!signal.aborted) {
      try {
        const requests = follow(log, sessionId, {
          runId,
          after,
          types: ['run_cancel_requested', 'run_interrupt_requested', 'run_steer_requested'],
          signal,
        });
        for await (const request of requests) {
          after = request.seq;
          this.#take(request);
        }
        return;
      } catch {
        // Aborted, or the store can't be read. It may be well again before the run meets it.
        await pause(retryDelay, signal, clock);
      }
    }
  }

  #take(request: LogEvent): void {
    switch (request.type) {
      case 'run_cancel_requested':
        this.#options.onCancel(request.data.reason);
        return;
      case 'run_interrupt_requested':
        this.#interrupt(request.data.requestId);
        return;
      case 'run_steer_requested':
        this.#steer(request.data.requestId, request.data.message.text);
        return;
      default:
    }
  }

  #interrupt(requestId: string): void {
    const { provider, record } = this.#options;
    if (!isSupported(provider.capabilities, 'interrupt')) {
      const reason = `${provider.name} can't be interrupted; cancel the run instead.`;
      record({ type: 'run_interrupted', data: { requestId, as: 'refused', reason } });
      return;
    }
    record({ type: 'run_interrupted', data: { requestId, as: 'delivered' } });
    void this.#interrupts.push(true);
  }

  #steer(requestId: string, text: string): void {
    const { provider, record } = this.#options;
    const refuse = (reason: string): EventDraft => ({
      type: 'run_steered',
      data: { requestId, as: 'refused', reason },
    });
    if (!isSupported(provider.capabilities, 'steer')) {
      record(refuse(`${provider.name} takes no message while it works; start another run after this one.`));
      return;
    }
    this.#unanswered.set(requestId, refuse);
    const answer = (draft: EventDraft): void => {
      if (this.#unanswered.delete(requestId)) record(draft);
    };
    void this.#steering.push({
      message: { role: 'user', text },
      accepted: () => {
        if (!this.#unanswered.has(requestId)) return;
        record({ type: 'message_sent', data: { role: 'user', text, steering: true } });
        answer({ type: 'run_steered', data: { requestId, as: 'delivered' } });
      },
      refused: (reason) => answer(refuse(reason)),
    });
  }
}
