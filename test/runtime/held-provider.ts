import type { Provider } from '../../src/ports/provider.ts';
import {
  scriptedProvider,
  type ScriptedProviderOptions,
} from '../../src/testing/scripted-provider/scripted-provider.ts';

/** A provider whose runs go on until the test lets them end. */
export interface HeldProvider {
  readonly provider: Provider;
  /** The inputs of the runs so far, in the order in which their agents started. */
  readonly started: readonly string[];
  /** The inputs of those that have not ended. */
  readonly running: ReadonlySet<string>;
  /** The most that ran at once. */
  readonly most: number;
  /** Resolves when so many have started. */
  startedCount(count: number): Promise<void>;
  /** Lets the run with this input end, now or as soon as it has started. */
  finish(input: string): void;
  /** Lets all runs end, also those to come. */
  finishAll(): void;
}

export function heldProvider(options: ScriptedProviderOptions = {}): HeldProvider {
  const started: string[] = [];
  const running = new Set<string>();
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();
  let all = false;
  let most = 0;
  const gate = (input: string): PromiseWithResolvers<void> => {
    const known = gates.get(input) ?? Promise.withResolvers<void>();
    gates.set(input, known);
    return known;
  };
  const provider = scriptedProvider(
    ({ history, stop }) => {
      const input = history.at(-1) ?? '';
      started.push(input);
      running.add(input);
      most = Math.max(most, running.size);
      for (const waiter of waiting) if (started.length >= waiter.count) waiter.resolve();
      const hold = async (): Promise<void> => {
        if (!all) {
          const stopped = Promise.withResolvers<void>();
          stop.addEventListener('abort', () => stopped.resolve(), { once: true });
          if (stop.aborted) stopped.resolve();
          await Promise.race([gate(input).promise, stopped.promise]);
        }
        running.delete(input);
        gates.delete(input);
      };
      return [{ call: hold }, { say: `Did ${input}.`, chunks: 0 }];
    },
    { acceptAnyHandle: true, ...options },
  );
  return {
    provider,
    started,
    running,
    get most() {
      return most;
    },
    async startedCount(count) {
      if (started.length >= count) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiter = { count, resolve };
      waiting.add(waiter);
      await promise;
      waiting.delete(waiter);
    },
    finish: (input) => gate(input).resolve(),
    finishAll() {
      all = true;
      for (const { resolve } of gates.values()) resolve();
    },
  };
}
