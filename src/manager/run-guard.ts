import type { Clock } from '../domain/clock.ts';
import type { AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { RunActivity } from '../domain/run-activity.ts';
import type { Session } from '../domain/session.ts';
import type { ToolCall } from '../domain/tool.ts';
import type { Provider } from '../ports/provider.ts';
import type { RowChanges } from '../ports/session-store.ts';
import type { CommonRunOptions } from './run-options.ts';

/** A run that is about to be made; nothing of it is stored yet. */
export interface RunCandidate {
  readonly run: Run;
  readonly session: Session;
  /** The one that the run asks for: a router, perhaps. */
  readonly provider: Provider;
  readonly options: CommonRunOptions;
  readonly cwd: string;
}

/** A run that is executed, as those who watch it have it. */
export interface GuardedRun extends RunCandidate {
  readonly clock: Clock;
  /** Takes an event in. */
  record(draft: EventDraft): void;
  /** Says in the run's row what it does, with the next write. */
  show(activity: RunActivity): void;
  /** Ends the run: it fails with this error, even if the agent ended well. The first one counts. */
  stop(error: AsmError): void;
  /** Asks the agent to stop its turn; the conversation stays. */
  interrupt(): void;
  /** Says something to the agent while it works, where its provider can take it. */
  steer(text: string): void;
}

/** What a guard says about a tool call; without a word it goes on to the mode and the caller. */
export interface GuardDecision {
  /** `ask`: a person or the caller has to say, whatever mode and rules allow. */
  readonly decision: 'deny' | 'ask';
  /** For the agent, the person and the log. */
  readonly reason: string;
}

/** What a run waits for while its agent has nothing to do. */
export type WaitedFor = 'person' | 'quota';

/** Watches one run and may act on it: limits, budgets, stalls, loops. */
export interface RunGuard {
  /**
   * Told, before anything else, what a run that goes on did before, event by event; `at` is the wall time of
   * each. Counts it, and acts on nothing.
   */
  recall?(draft: EventDraft, at: number): void;
  /** The run begins, or goes on: from here on the guard may act. */
  begin?(): void;
  /** Told each event of the run once it is taken in, deltas included. Fast, and never throws. */
  see?(draft: EventDraft): void;
  /** Asked before a tool call goes on, after the rules that deny; once more when somebody has allowed it. */
  decide?(call: ToolCall): GuardDecision | undefined;
  /** Asked by a router before it chooses a provider for the next attempt: why it must not be that one. */
  refuses?(provider: string): AsmError | undefined;
  /** Told when a wait for a person or a quota begins and ends: meanwhile the agent has nothing to do. */
  wait?(what: WaitedFor, begins: boolean): void;
  /** The run is over: timers end. Gives what the run's row is to tell of it. */
  end?(): RowChanges<Run> | undefined;
}

/** Makes the guards of one kind. */
export interface GuardMaker {
  /** Throws if the run must not start. */
  admit?(candidate: RunCandidate): Promise<void> | void;
  /** `undefined`: the run needs none. */
  watch(guarded: GuardedRun): RunGuard | undefined;
}

/** Lets every guard maker refuse the run. */
export async function admitRun(makers: readonly GuardMaker[], candidate: RunCandidate): Promise<void> {
  for (const maker of makers) await maker.admit?.(candidate);
}

/** The guards of a run as one. A decision to deny beats one to ask. */
export function joinGuards(guards: readonly RunGuard[]): Required<RunGuard> {
  return {
    recall: (draft, at) => {
      for (const guard of guards) guard.recall?.(draft, at);
    },
    begin: () => {
      for (const guard of guards) guard.begin?.();
    },
    see: (draft) => {
      for (const guard of guards) guard.see?.(draft);
    },
    decide: (call) => {
      let asked: GuardDecision | undefined;
      for (const guard of guards) {
        const decision = guard.decide?.(call);
        if (decision?.decision === 'deny') return decision;
        asked ??= decision;
      }
      return asked;
    },
    refuses: (provider) => {
      for (const guard of guards) {
        const error = guard.refuses?.(provider);
        if (error !== undefined) return error;
      }
      return undefined;
    },
    wait: (what, begins) => {
      for (const guard of guards) guard.wait?.(what, begins);
    },
    end: () => {
      let told: RowChanges<Run> | undefined;
      for (const guard of guards) told = { ...told, ...guard.end?.() };
      return told;
    },
  };
}
