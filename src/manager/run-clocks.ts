import { announcedDelay } from '../domain/announced-delay.ts';
import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import { isJsonObject, type JsonValue } from '../domain/json.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { timeWords } from '../domain/time-words.ts';
import { Countdown } from './countdown.ts';
import type { WaitedFor } from './run-guard.ts';
import { Stopwatch } from './stopwatch.ts';
import { WorkedTime } from './worked-time.ts';

/** Time limits of a run, in milliseconds. */
export interface RunLimits {
  /**
   * How long nothing may come from the agent while we wait for its model. Stands still while a tool
   * runs, a question is open, or the agent waits to retry. Default 10 minutes; 0: no limit.
   */
  readonly idle?: number;
  /**
   * How long the run may take, without the time in which a question is open, it waits for a quota, or nobody
   * executes it. Default 0: no limit.
   */
  readonly total?: number;
  /** How long one tool may run. Default 0: no limit. */
  readonly tool?: number;
}

export const defaultIdleLimit: number = 10 * 60_000;

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkRunLimits(limits: RunLimits): void {
  assertOptionNames('`limits`', limits, ['idle', 'total', 'tool'] satisfies readonly (keyof RunLimits)[]);
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
    throw new AsmError(
      'invalid_input',
      `The limit \`${name}\` is a number of milliseconds from 0, which means no limit, not ${String(value)}.`,
    );
  }
}

/** The limits in stored options, as far as there are any. */
export function storedRunLimits(stored: JsonValue | undefined): RunLimits {
  if (!isJsonObject(stored)) return {};
  const { idle, total, tool } = stored;
  return {
    ...(typeof idle === 'number' ? { idle } : {}),
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof tool === 'number' ? { tool } : {}),
  };
}

/** Who hears of a limit that was reached. */
export interface ClockListeners {
  /** The run, or one of its tools, took too long: the run ends. */
  readonly onTimeout: (error: AsmError) => void;
  /** The agent of the attempt fell silent: the attempt ends. */
  readonly onIdle: (error: AsmError) => void;
  /** The clocks stand still for something, or go on. */
  readonly onWait: (what: WaitedFor, begins: boolean) => void;
}

/** Watches the time limits of one run by the events that it sees. */
export class RunClocks {
  readonly #clock: Clock;
  readonly #limits: RunLimits;
  readonly #listeners: ClockListeners;
  /** Of a run that goes on: what it worked before. */
  readonly #past = new WorkedTime();
  readonly #worked: Stopwatch;
  readonly #tools = new Map<string, Countdown | undefined>();
  readonly #waits = { person: 0, quota: 0 };
  #total: Countdown | undefined;
  #lastActivity: number;
  /** Until then the agent said that nothing will come from it. */
  #silentUntil = 0;
  #stopIdle: (() => void) | undefined;
  #ended = false;

  constructor(clock: Clock, limits: RunLimits, listeners: ClockListeners) {
    this.#clock = clock;
    this.#limits = limits;
    this.#listeners = listeners;
    this.#worked = new Stopwatch(clock);
    this.#lastActivity = clock.monotonic();
  }

  /** Milliseconds that the run worked so far, in all its processes: without its waits for a person. */
  get workedMs(): number {
    return Math.round(this.#past.milliseconds + this.#worked.milliseconds);
  }

  /** Told, before it begins, what a run that goes on did before; `at` is the wall time of the event. */
  recall(draft: EventDraft, at: number): void {
    this.#past.see(draft, at);
  }

  /** The run begins, or goes on. */
  begin(): void {
    this.#worked.run();
    const total = this.#limits.total ?? 0;
    if (total <= 0) return;
    const left = Math.max(0, total - this.#past.milliseconds + this.#past.quotaMilliseconds);
    this.#total = new Countdown(this.#clock, left, () =>
      this.#timeout(`The run took longer than ${timeWords(total)}.`),
    );
    this.#total.run();
  }

  /** An agent is about to work: from here on it may not be silent for long. */
  beginAttempt(): void {
    this.endAttempt();
    if (this.#ended) return;
    this.#lastActivity = this.#clock.monotonic();
    this.#silentUntil = 0;
    this.#watchIdle(this.#limits.idle ?? defaultIdleLimit);
  }

  endAttempt(): void {
    this.#stopIdle?.();
    this.#stopIdle = undefined;
    for (const countdown of this.#tools.values()) countdown?.pause();
    this.#tools.clear();
  }

  /** Tells the clocks what the agent does. */
  see(draft: EventDraft): void {
    if (this.#ended) return;
    const now = this.#clock.monotonic();
    if (draft.type === 'agent_retrying') {
      // Asking again is no answer: an agent that does so for ever would else never be idle.
      const delay = announcedDelay(draft.data.delay);
      if (delay > 0) this.#silentUntil = now + delay;
      return;
    }
    this.#lastActivity = now;
    switch (draft.type) {
      case 'rate_limit_updated':
      case 'token_usage_updated':
      case 'warning_raised':
      case 'unparsed':
        // Such things are told while the agent waits, too: they don't say that it goes on.
        return;
      case 'tool_call_started':
        this.#toolStarted(draft.data.toolCallId);
        break;
      case 'tool_call_decided':
        if (draft.data.decision === 'deny') this.#toolEnded(draft.data.toolCallId);
        break;
      case 'tool_call_completed':
      case 'tool_call_failed':
        this.#toolEnded(draft.data.toolCallId);
        break;
      default:
    }
    this.#silentUntil = 0;
  }

  /** A wait for a person, or for a quota, begins or ends: the time of the agent stands still. */
  standStill(what: WaitedFor, begins: boolean): void {
    if (this.#ended) return;
    this.#listeners.onWait(what, begins);
    this.#waits[what] += begins ? 1 : -1;
    this.#lastActivity = this.#clock.monotonic();
    if (this.#waits.person > 0) this.#worked.pause();
    else this.#worked.run();
    const stands = this.#stands;
    for (const countdown of [this.#total, ...this.#tools.values()]) {
      if (stands) countdown?.pause();
      else countdown?.run();
    }
  }

  end(): void {
    this.#ended = true;
    this.endAttempt();
    this.#total?.pause();
  }

  get #stands(): boolean {
    return this.#waits.person + this.#waits.quota > 0;
  }

  #toolEnded(toolCallId: string): void {
    this.#tools.get(toolCallId)?.pause();
    this.#tools.delete(toolCallId);
  }

  #toolStarted(toolCallId: string): void {
    if (this.#tools.has(toolCallId)) return;
    const limit = this.#limits.tool ?? 0;
    const countdown =
      limit > 0
        ? new Countdown(this.#clock, limit, () =>
            this.#timeout(`A tool ran longer than ${timeWords(limit)}.`),
          )
        : undefined;
    this.#tools.set(toolCallId, countdown);
    if (!this.#stands) countdown?.run();
  }

  /** One timer that looks again, rather than one that is set anew with each event. */
  #watchIdle(limit: number): void {
    if (limit <= 0) return;
    const look = (): void => {
      if (this.#tools.size > 0 || this.#stands) this.#lastActivity = this.#clock.monotonic();
      const since = Math.max(this.#lastActivity, this.#silentUntil);
      const left = limit - (this.#clock.monotonic() - since);
      if (left > 0) {
        this.#stopIdle = this.#clock.startTimer(left, look);
        return;
      }
      this.endAttempt();
      this.#listeners.onIdle(
        limitError('idle_timeout', `Nothing came from the agent for ${timeWords(limit)}.`),
      );
    };
    this.#stopIdle = this.#clock.startTimer(limit, look);
  }

  #timeout(message: string): void {
    if (this.#ended) return;
    this.end();
    this.#listeners.onTimeout(limitError('timed_out', message));
  }
}

function limitError(code: 'timed_out' | 'idle_timeout', message: string): AsmError {
  return new AsmError(code, `${message} Raise the limit if that is expected.`);
}
