import { systemClock, type Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import type {
  Provider,
  ProviderEvent,
  ProviderEventType,
  RunOutcome,
  RunRequest,
} from '../ports/provider.ts';
import type { TestHost } from './test-host.ts';

/** How a run ended: with an outcome, or with what it threw. */
export type RunEnd =
  | {
      readonly outcome: RunOutcome;
      /** True when something came after the outcome, which the port forbids. */
      readonly hasMore: boolean;
      readonly error?: undefined;
    }
  | { readonly outcome?: undefined; readonly hasMore?: undefined; readonly error: unknown };

/** A provider's run that is read to its end in the background. */
export interface CollectedRun {
  /** Everything that was yielded so far. Grows. */
  readonly events: readonly ProviderEvent[];
  /** Resolves when the run has settled; never rejects. */
  readonly ended: Promise<RunEnd>;
  /** The events of one type so far. */
  ofType<Type extends ProviderEventType>(
    type: Type,
  ): readonly Extract<ProviderEvent, { readonly type: Type }>[];
  /**
   * Resolves with the first event, old or new, for which `predicate` holds. Rejects with `timed_out`
   * after `timeout` milliseconds (default 30,000), and with `agent_failed` when the run ends without one.
   */
  waitFor(predicate: (event: ProviderEvent) => boolean, timeout?: number): Promise<ProviderEvent>;
}

/** Runs one attempt and keeps what it yields. Ends the host when the run settles. */
export function collectRun<Native extends object>(
  provider: Provider<Native>,
  request: RunRequest<Native>,
  host: TestHost,
  clock: Clock = systemClock,
): CollectedRun {
  const events: ProviderEvent[] = [];
  const looks = new Set<() => void>();
  let end: RunEnd | undefined;

  const read = async (): Promise<RunEnd> => {
    try {
      const run = provider.run(request, host);
      for (;;) {
        const item = await run.next();
        if (item.done === true) {
          const after = await run.next();
          return { outcome: item.value, hasMore: after.done !== true };
        }
        events.push(item.value);
        for (const look of [...looks]) look();
      }
    } catch (error) {
      return { error };
    } finally {
      host.end();
    }
  };
  const ended = read().then((how) => {
    end = how;
    for (const look of [...looks]) look();
    return how;
  });

  return {
    events,
    ended,
    ofType: <Type extends ProviderEventType>(type: Type) =>
      events.filter((event): event is Extract<ProviderEvent, { readonly type: Type }> => event.type === type),
    waitFor(predicate, timeout = 30_000) {
      return new Promise((resolve, reject) => {
        const finish = (): void => {
          looks.delete(look);
          stopTimer();
        };
        const fail = (code: 'timed_out' | 'agent_failed', why: string): void => {
          finish();
          const seen = events.map((event) => event.type).slice(-8);
          reject(
            new AsmError(code, `The awaited event did not come: ${why}. Last events: ${seen.join(', ')}.`, {
              cause: end?.error,
            }),
          );
        };
        const look = (): void => {
          const found = events.find(predicate);
          if (found !== undefined) {
            finish();
            resolve(found);
          } else if (end !== undefined) fail('agent_failed', 'the run has ended');
        };
        const stopTimer = clock.startTimer(timeout, () => fail('timed_out', `${timeout} ms have passed`));
        looks.add(look);
        look();
      });
    },
  };
}
