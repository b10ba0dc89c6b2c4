import type { Benchmark } from './benchmark.ts';
import { runBareClaude } from './support/bare-claude.ts';
import { measureOverhead } from './support/run-overhead.ts';

/**
 * The real Claude Code through the manager and with its SDK alone. The peer gives the SDK the options that our
 * provider gives it, with a hook and a callback of two lines that allow everything.
 */
export const claudeOverheadBenchmark: Benchmark = {
  name: 'claude-overhead',
  goal: 'median of the differences below 10 ms',
  run: (options) =>
    measureOverhead('claude', [{ name: 'the SDK alone', goal: 10, run: runBareClaude }], options),
};
