import type { RunId } from '../domain/id.ts';
import type { Session } from '../domain/session.ts';
import type { RunResult } from '../manager/run-result.ts';

/** What became of an interrupt. */
export type Interruption =
  /** The turn was stopped; the result is that of the run. */
  | { readonly as: 'interrupted'; readonly result: RunResult }
  /** The run had ended by itself, or was ended otherwise, before the interrupt took hold. */
  | { readonly as: 'too_late'; readonly result: RunResult }
  | {
      readonly as: 'refused';
      /**
       * `pending`: it has not started. `not_supported`: its provider can't stop a turn and keep the
       * conversation. `abandoned`: the process that executed it is gone. In all three it can be cancelled.
       */
      readonly because: 'pending' | 'not_supported' | 'abandoned';
      readonly reason: string;
    };

/** What became of a cancel. */
export type Cancellation =
  /** The run was ended; a live agent has stopped. */
  | { readonly as: 'cancelled'; readonly result: RunResult }
  /** It had not started, and never will. */
  | { readonly as: 'withdrawn'; readonly result: RunResult }
  /** It had ended, or ended otherwise before the cancel took hold. */
  | { readonly as: 'too_late'; readonly result: RunResult };

/** What became of the interrupt of one run of a session. */
export interface RunInterruption {
  readonly runId: RunId;
  readonly interruption: Interruption;
}

/** What became of a pause. */
export type SessionPause =
  | {
      /** `already`: it was paused before. */
      readonly as: 'paused' | 'already';
      readonly session: Session;
      /** The runs that were to be interrupted; those that start after the pause are none. */
      readonly interrupted: readonly RunInterruption[];
    }
  | { readonly as: 'refused'; readonly session: Session; readonly reason: string };

/** What became of a resume. */
export type SessionResumption =
  /** `already`: it was not paused. */
  | { readonly as: 'resumed' | 'already'; readonly session: Session }
  | { readonly as: 'refused'; readonly session: Session; readonly reason: string };
