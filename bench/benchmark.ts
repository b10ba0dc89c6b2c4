import type { Goal } from './support/goal.ts';
import type { PeerStores } from './support/peer-store.ts';

/** How often and how long things are measured. */
export interface Timing {
  /** Milliseconds of one turn of one thing. */
  readonly turnMilliseconds: number;
  /** How many turns each thing gets, one after another with the things beside it. */
  readonly turns: number;
}

export interface BenchmarkOptions {
  /** True: sizes that only show that the workload runs. Its figures mean nothing. */
  readonly quick: boolean;
  readonly timing: Timing;
  /** Another event store to set beside ours; absent when it isn't installed. */
  readonly peers?: PeerStores;
}

/** One measured figure with what stands beside it. */
export interface BenchmarkRow {
  readonly name: string;
  /** Median over the turns. */
  readonly figure: number;
  readonly unit: string;
  /** What the machine gives without us, measured in the same turns. Unit as of the figure. */
  readonly limit?: { readonly name: string; readonly figure: number };
  /** Median over the turns of the figure divided by the limit of the same turn. */
  readonly ratio?: number;
  /** The same work done by another library. Unit as of the figure. */
  readonly peer?: { readonly name: string; readonly figure: number };
  readonly goals?: readonly Goal[];
  /** Further figures and remarks, such as an interval or the share of a core. */
  readonly details?: { readonly [name: string]: number | string };
}

/** A workload. `run` measures it and gives its rows; it leaves no file and no process behind. */
export interface Benchmark {
  readonly name: string;
  /** What it must reach, in words. */
  readonly goal: string;
  run(options: BenchmarkOptions): Promise<readonly BenchmarkRow[]>;
}
