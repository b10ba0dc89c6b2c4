import type { Benchmark } from './benchmark.ts';
import { runBareCodex } from './support/bare-codex.ts';
import { barePeers, measureOverhead } from './support/run-overhead.ts';

/** Its runs are short and differ by a tenth among themselves: the median of 30 would be known to 3 ms only. */
const rounds = 90;

/**
 * The real Codex through the manager and with its app-server alone. The peer is the least client that speaks with
 * the server: it allows everything, keeps nothing, and closes the server's input after the turn.
 */
export const codexOverheadBenchmark: Benchmark = {
  name: 'codex-overhead',
  goal: 'median of the differences below 10 ms',
  run: ({ quick }) =>
    measureOverhead('codex', barePeers('the app-server alone', 10, runBareCodex), { quick, rounds }),
};
