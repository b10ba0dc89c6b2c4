import type { Benchmark } from './benchmark.ts';
import { bareAmpWith, nodeDelegate, shellDelegate } from './support/bare-amp.ts';
import { measureOverhead } from './support/run-overhead.ts';

/**
 * The real Amp through the manager and with its SDK alone, where the SDK's Amp asks one of two programs before each
 * call: a shell script that allows everything, and the least program of Node.js that asks a process over a socket,
 * as one must that can answer differently each time. Ours asks a program that asks the manager.
 */
export const ampOverheadBenchmark: Benchmark = {
  name: 'amp-overhead',
  goal: 'median of the differences below 10 ms, beside each of two peers',
  run: (options) =>
    measureOverhead(
      'amp',
      [
        { name: 'the SDK and a shell script that allows', goal: 10, run: bareAmpWith(shellDelegate) },
        { name: 'the SDK and a program that asks', goal: 10, run: bareAmpWith(nodeDelegate) },
      ],
      options,
    ),
};
