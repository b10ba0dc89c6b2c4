import { acpOverheadBenchmark } from './acp-overhead-benchmark.ts';
import { ampOverheadBenchmark } from './amp-overhead-benchmark.ts';
import { appendSingleBenchmark } from './append-single-benchmark.ts';
import { appendTogetherBenchmark } from './append-together-benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { claudeOverheadBenchmark } from './claude-overhead-benchmark.ts';
import { cliHelpBenchmark } from './cli-help-benchmark.ts';
import { codexOverheadBenchmark } from './codex-overhead-benchmark.ts';
import { codexSharedBenchmark } from './codex-shared-benchmark.ts';
import { followWakeBenchmark } from './follow-wake-benchmark.ts';
import { memoryHeapBenchmark } from './memory-heap-benchmark.ts';
import { normalizeBenchmark } from './normalize-benchmark.ts';
import { pageBenchmark } from './page-benchmark.ts';
import { policyBenchmark } from './policy-benchmark.ts';
import { randomCancelBenchmark } from './random-cancel-benchmark.ts';
import { redactionBenchmark } from './redaction-benchmark.ts';
import { renderingBenchmark } from './rendering-benchmark.ts';
import { runOnceBenchmark } from './run-once-benchmark.ts';
import { sessionServerBenchmark } from './session-server-benchmark.ts';
import { syncCountBenchmark } from './sync-count-benchmark.ts';

/** All workloads, in the order in which they are run. */
export const benchmarks: readonly Benchmark[] = [
  appendSingleBenchmark,
  appendTogetherBenchmark,
  syncCountBenchmark,
  pageBenchmark,
  followWakeBenchmark,
  runOnceBenchmark,
  sessionServerBenchmark,
  memoryHeapBenchmark,
  normalizeBenchmark,
  redactionBenchmark,
  policyBenchmark,
  renderingBenchmark,
  claudeOverheadBenchmark,
  codexOverheadBenchmark,
  codexSharedBenchmark,
  randomCancelBenchmark,
  ampOverheadBenchmark,
  acpOverheadBenchmark,
  cliHelpBenchmark,
];
