import { runOver } from '../domain/error.ts';
import type { ApprovalId } from '../domain/approval.ts';
import type { Clock } from '../domain/clock.ts';
import type { EventDraft, LogEvent } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { createEventChannel, type EventChannel } from '../ports/event-channel.ts';
import type { Provider, Steering } from '../ports/provider.ts';
import { isSupported } from '../domain/capability.ts';
import { pause } from '../domain/pause.ts';
import type { EventLog } from './event-log.ts';
import { follow } from './follow.ts';
import type { HeldTexts } from './steering-texts.ts';

/** Milliseconds until the log is read again after the store failed. */
const retryDelay = 1_000;

export interface RunRequestsOptions {
  readonly log: EventLog;
  readonly sessionId: SessionId;
  readonly runId: RunId;
  /** Number of the last event of the commit that started the run: requests come after it. */
  readonly after: number;
  readonly clock: Clock;
  /** Messages as they were given here; disposed of at the end. */
  readonly texts: HeldTexts;
  readonly record: (draft: EventDraft) => void;
  readonly onCancel: (reason: string | undefined) => void;
  /** Somebody answered a question of the run. */
  readonly onAnswer: (id: ApprovalId) => void;
}

/** What one attempt hears of the requests. */
export interface RequestListener {
  readonly provider: Provider;
  readonly steering: EventChannel<Steering>;
  readonly interrupts: EventChannel<true>;
}

/**
 * What others, in any process, ask of a running run. It reads the requests from the session's log
 * and hands them to the provider; each is answered by one event.
 */
export class RunRequests {
  readonly #options: RunRequestsOptions;
  /** Texts of messages that nobody has answered, by the ids of their requests. */
  readonly #unanswered = new Map<string, string>();
  readonly #interrupted = new AbortController();
  readonly #stop = new AbortController();
  readonly #begin: NodeJS.Immediate;
  #reading: Promise<void> | undefined;
  #listener: RequestListener | undefined;

  constructor(options: RunRequestsOptions) {
    this.#options = options;
    // A run that ends in the turn in which it began hears of nothing, and needs not listen.
    this.#begin = setImmediate(() => {
      this.#reading = this.#read();
    });
  }

  /** Aborted once an interrupt was delivered: no other attempt is to follow. */
  get interrupted(): AbortSignal {
    return this.#interrupted.signal;
  }

  /** From here on requests go to this provider; messages that the attempt before left unanswered, too. */
  beginAttempt(provider: Provider): RequestListener {
    this.endAttempt();
    const listener: RequestListener = {
      provider,
      steering: createEventChannel<Steering>(),
      interrupts: createEventChannel<true>(),
    };
    this.#listener = listener;
    for (const [requestId, text] of [...this.#unanswered]) this.#steer(requestId, text);
    return listener;
  }

  /** Nobody listens until the next attempt begins; messages wait for it. */
  endAttempt(): void {
    this.#listener?.steering.end();
    this.#listener?.interrupts.end();
    this.#listener = undefined;
  }

  /** Stops listening. Returns the answers to what was never answered. */
  async close(): Promise<readonly EventDraft[]> {
    clearImmediate(this.#begin);
    if (this.#reading !== undefined) this.#stop.abort(runOver());
    this.endAttempt();
    await this.#reading;
    this.#options.texts[Symbol.dispose]();
    const answers = [...this.#unanswered.keys()].map((id) => refusal(id, 'The run has ended.'));
    this.#unanswered.clear();
    return answers;
  }

  async #read(): Promise<void> {
    const { log, sessionId, runId, clock } = this.#options;
    const { signal } = this.#stop;
    let { after } = this.#options;
    while (!signal.aborted) {
      try {
        const types = [
          'run_cancel_requested',
          'run_interrupt_requested',
          'run_steer_requested',
          'tool_approval_granted',
          'tool_approval_denied',
        ] as const;
        const query = { runId, after, types, signal };
        const requests = follow(log, sessionId, query, { reaches: after, endless: true });
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
      case 'run_steer_requested': {
        const { requestId, message } = request.data;
        this.#steer(requestId, this.#options.texts.take(requestId) ?? message.text);
        return;
      }
      case 'tool_approval_granted':
      case 'tool_approval_denied':
        this.#options.onAnswer(request.data.approvalId);
        return;
      default:
    }
  }

  #interrupt(requestId: string): void {
    const { record } = this.#options;
    const provider = this.#listener?.provider;
    if (provider !== undefined && !isSupported(provider.capabilities, 'interrupt')) {
      const reason = `${provider.name} can't be interrupted; cancel the run instead.`;
      record({ type: 'run_interrupted', data: { requestId, as: 'refused', reason } });
      return;
    }
    record({ type: 'run_interrupted', data: { requestId, as: 'delivered' } });
    this.#interrupted.abort();
    void this.#listener?.interrupts.push(true);
  }

  #steer(requestId: string, text: string): void {
    const { record } = this.#options;
    const listener = this.#listener;
    this.#unanswered.set(requestId, text);
    // Between two attempts: the next one is told.
    if (listener === undefined) return;
    const answer = (...drafts: readonly EventDraft[]): void => {
      if (!this.#unanswered.delete(requestId)) return;
      for (const draft of drafts) record(draft);
    };
    const { provider } = listener;
    if (!isSupported(provider.capabilities, 'steer')) {
      const reason = `${provider.name} takes no message while it works; start another run after this one.`;
      answer(refusal(requestId, reason));
      return;
    }
    void listener.steering.push({
      message: { role: 'user', text },
      accepted: () =>
        answer(
          { type: 'message_sent', data: { role: 'user', text, steering: true } },
          { type: 'run_steered', data: { requestId, as: 'delivered' } },
        ),
      refused: (reason) => answer(refusal(requestId, reason)),
    });
  }
}

function refusal(requestId: string, reason: string): EventDraft {
  return { type: 'run_steered', data: { requestId, as: 'refused', reason } };
}
