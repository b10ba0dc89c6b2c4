import { announcedDelay } from '../domain/announced-delay.ts';
import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { RunActivity, RunState, WatchdogStep, WorkingState } from '../domain/run-activity.ts';
import { timeWords } from '../domain/time-words.ts';
import { isProgress } from './progress.ts';
import type { Nudge, WatchdogSettings } from './watchdog-options.ts';
import { WorkTracker } from './work-tracker.ts';

/** The run that is watched, and what may be done to it. */
export interface WatchedRun {
  readonly clock: Clock;
  /** Takes an event in. */
  record(draft: EventDraft<'run_stalled' | 'watchdog_acted' | 'run_recovered'>): void;
  /** Told each time when the run does something else than before. */
  show(activity: RunActivity): void;
  steer(text: string): void;
  interrupt(): void;
  /** Ends the run. */
  stop(error: AsmError): void;
  /** Why the agent can't be told something, or interrupted; `undefined`: it can. */
  whyNot(step: 'nudge' | 'interrupt'): string | undefined;
}

/** A stall that goes on. */
interface Stall {
  readonly state: WorkingState;
  readonly stopTimers: (() => void)[];
}

/** Calls that an event names at most. */
const mostCalls = 20;
const defaultNudges = 3;

/** Watches whether a run makes progress, and acts when it does not. */
export class Watchdog {
  readonly #run: WatchedRun;
  readonly #settings: WatchdogSettings;
  readonly #work = new WorkTracker();
  #lastProgress: number;
  /** Until then the agent said that nothing will come from it. */
  #silentUntil = 0;
  #timer: { readonly due: number; readonly stop: () => void } | undefined;
  #stall: Stall | undefined;
  #nudges = 0;
  #shown: RunState | undefined;
  /** The turn was stopped: what still comes is only its end. */
  #isInterrupted = false;
  #isOver = false;

  constructor(run: WatchedRun, settings: WatchdogSettings) {
    this.#run = run;
    this.#settings = settings;
    this.#lastProgress = run.clock.monotonic();
    this.#goOn();
  }

  /** Told each event of the run. */
  see(draft: EventDraft): void {
    if (this.#isOver) return;
    this.#work.see(draft);
    if (draft.type === 'agent_retrying') {
      const delay = announcedDelay(draft.data.delay);
      if (delay > 0) this.#silentUntil = this.#run.clock.monotonic() + delay;
    } else if (draft.type === 'attempt_failed') {
      this.#endStall();
      this.#progressed();
    } else if (isProgress(draft)) this.#progressed();
  }

  /** Told, before anything else, what the run did before it goes on. */
  recall(draft: EventDraft): void {
    this.#work.recall(draft);
    if (draft.type === 'watchdog_acted' && draft.data.step === 'nudge' && draft.data.as === 'done')
      this.#nudges++;
  }

  /** A wait for a person, or for a quota, begins or ends. */
  wait(what: 'person' | 'quota', begins: boolean): void {
    if (this.#isOver) return;
    this.#work.wait(what, begins);
    this.#progressed();
  }

  /** The run is over: nothing is done any more. */
  end(): void {
    this.#isOver = true;
    this.#stopLooking();
    this.#endStall();
  }

  #progressed(): void {
    if (this.#isInterrupted) return;
    const now = this.#run.clock.monotonic();
    const silence = Math.round(now - this.#lastProgress);
    this.#lastProgress = now;
    this.#silentUntil = 0;
    if (this.#stall !== undefined) {
      this.#endStall();
      this.#run.record({ type: 'run_recovered', data: { silence } });
    }
    this.#goOn();
  }

  /** Shows what the run does, and looks again when it must have made progress. */
  #goOn(): void {
    this.#show(this.#work.state);
    const limit = this.#limit();
    if (limit === undefined) return this.#stopLooking();
    const due = Math.max(this.#lastProgress, this.#silentUntil) + limit;
    // One timer that looks again, rather than one that is set anew with each event.
    if (this.#timer !== undefined && this.#timer.due <= due) return;
    this.#stopLooking();
    const left = due - this.#run.clock.monotonic();
    const stop = this.#run.clock.startTimer(left, () => {
      this.#timer = undefined;
      this.#look();
    });
    this.#timer = { due, stop };
  }

  #look(): void {
    const limit = this.#limit();
    const now = this.#run.clock.monotonic();
    if (limit !== undefined && now >= Math.max(this.#lastProgress, this.#silentUntil) + limit)
      this.#stalled(now);
    else this.#goOn();
  }

  /** Milliseconds that may pass without progress; `undefined`: as many as they like. */
  #limit(): number | undefined {
    if (this.#work.isStanding || this.#stall !== undefined || this.#isInterrupted) return undefined;
    return this.#work.state === 'in_tool' ? this.#settings.inTool : this.#settings.after;
  }

  #stalled(now: number): void {
    const { state } = this.#work;
    if (state === 'waiting_for_person' || state === 'waiting_for_quota') return;
    const { clock } = this.#run;
    const { nudge, interruptAfter, cancelAfter } = this.#settings;
    const stall: Stall = { state, stopTimers: [] };
    this.#stall = stall;
    const toolCallIds = this.#work.runningCalls.slice(0, mostCalls);
    const silence = Math.round(now - this.#lastProgress);
    this.#show('stalled');
    this.#run.record({ type: 'run_stalled', data: { state, silence, toolCallIds } });
    if (nudge !== undefined) this.#nudge(nudge);
    if (interruptAfter !== undefined)
      stall.stopTimers.push(clock.startTimer(interruptAfter, () => this.#interrupt()));
    if (cancelAfter !== undefined)
      stall.stopTimers.push(clock.startTimer(cancelAfter, () => this.#cancel(stall)));
  }

  #nudge({ text, times = defaultNudges }: Nudge): void {
    const enough = this.#nudges < times ? undefined : `It was nudged ${times} times already.`;
    this.#act('nudge', enough ?? this.#run.whyNot('nudge'), () => {
      this.#nudges++;
      this.#run.steer(text);
    });
  }

  #interrupt(): void {
    this.#act('interrupt', this.#run.whyNot('interrupt'), () => {
      this.#isInterrupted = true;
      this.#run.interrupt();
    });
  }

  #cancel({ state }: Stall): void {
    const silence = Math.round(this.#run.clock.monotonic() - this.#lastProgress);
    this.#run.record({ type: 'watchdog_acted', data: { step: 'cancel', as: 'done' } });
    this.end();
    this.#run.stop(
      new AsmError(
        'run_stalled',
        `The run made no progress for ${timeWords(silence)}, and did not end otherwise.`,
        {
          details: { state, silence },
        },
      ),
    );
  }

  /** Does a step unless there is a reason against it; says either. */
  #act(step: Exclude<WatchdogStep, 'cancel'>, reason: string | undefined, how: () => void): void {
    this.#run.record({
      type: 'watchdog_acted',
      data: reason === undefined ? { step, as: 'done' } : { step, as: 'skipped', reason },
    });
    if (reason === undefined) how();
  }

  #endStall(): void {
    for (const stop of this.#stall?.stopTimers ?? []) stop();
    this.#stall = undefined;
  }

  #stopLooking(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #show(state: RunState): void {
    if (this.#shown === state) return;
    this.#shown = state;
    this.#run.show({ state, since: this.#run.clock.now() });
  }
}
