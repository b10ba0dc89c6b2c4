import type { Benchmark } from './benchmark.ts';
import { runBareAcp } from './support/bare-acp.ts';
import { barePeers, measureOverhead } from './support/run-overhead.ts';

/**
 * The real claude-agent-acp through the manager and with the protocol's SDK alone. The peer opens the conversation
 * with the parameters that our provider gives, allows everything, and closes the program's input after the turn.
 */
export const acpOverheadBenchmark: Benchmark = {
  name: 'acp-overhead',
  goal: 'median of the differences below 10 ms',
  run: (options) =>
    measureOverhead('claude-agent-acp', barePeers('the client alone', 10, runBareAcp), options),
};
