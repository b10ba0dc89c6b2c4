import type { RunResult } from '../manager/run-result.ts';

/** What became of an interrupt. */
export type Interruption =
  /** The turn was stopped; the result is that of the run. */
  | { readonly as: 'interrupted'; readonly result: RunResult }
  /** The run had ended by itself, or was ended otherwise, before the interrupt took hold. */
  | { readonly as: 'too_late'; readonly result: RunResult }
  /** The provider can't be interrupted, or the run is not running. */
  | { readonly as: 'refused'; readonly reason: string };
