import { systemClock, type Clock } from '../domain/clock.ts';
import { abortError, AsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';
import type { CallOptions } from '../ports/session-store.ts';

export interface ConcurrencyLimits {
  /** Sessions that are served at once. Default: no limit. */
  readonly sessions?: number;
  /** Runs at once, of all sessions. Default: no limit. */
  readonly runs?: number;
  /** Runs at once on each provider, by its name. Default: no limit. */
  readonly providers?: { readonly [name: string]: number };
}

/** A wait for a slot. */
export interface SlotOptions extends CallOptions {
  /** Milliseconds after which the wait fails with `max_runs_exceeded` or `max_sessions_exceeded`. Default: none. */
  readonly deadline?: number;
}

/** A place that was given; giving it back twice does nothing more. */
export interface Slot extends Disposable {
  release(): void;
}

/** How much of the limits is used. */
export interface LimiterStatus {
  readonly sessions: LimitUse;
  readonly runs: LimitUse;
  /** The providers that have a limit or a running run. */
  readonly providers: { readonly [name: string]: LimitUse };
}

export interface LimitUse {
  readonly active: number;
  readonly waiting: number;
  /** Absent: no limit. */
  readonly limit?: number;
}

/**
 * Bounds what this process does at once. Whoever asks first gets the next slot that fits: one that
 * waits for a provider holds up nobody who waits for another.
 */
export interface ConcurrencyLimiter {
  /** Resolves with a place for a run of the provider. Rejects with `cancelled` when the signal aborts. */
  acquireRun(provider: string, options?: SlotOptions): Promise<Slot>;
  acquireSession(options?: SlotOptions): Promise<Slot>;
  /** True when somebody waits whom a freed run slot of the provider would serve. */
  isWantedRun(provider: string): boolean;
  status(): LimiterStatus;
}

interface Waiter {
  readonly kinds: readonly string[];
  readonly give: () => void;
}

const sessionKind = 'session';
const runKind = 'run';

/** Throws `invalid_input` for limits that are not whole numbers from 1. */
export function createConcurrencyLimiter(
  limits: ConcurrencyLimits,
  clock: Clock = systemClock,
): ConcurrencyLimiter {
  const byKind = checkLimits(limits);
  const active = new Map<string, number>();
  const waiting = new Set<Waiter>();
  const fits = (kinds: readonly string[]): boolean =>
    kinds.every((kind) => (active.get(kind) ?? 0) < (byKind.get(kind) ?? Number.POSITIVE_INFINITY));
  const count = (kinds: readonly string[], by: 1 | -1): void => {
    for (const kind of kinds) {
      const left = (active.get(kind) ?? 0) + by;
      if (left === 0) active.delete(kind);
      else active.set(kind, left);
    }
  };
  const serve = (): void => {
    for (const waiter of waiting) {
      if (!fits(waiter.kinds)) continue;
      waiting.delete(waiter);
      waiter.give();
    }
  };
  const take = (kinds: readonly string[]): Slot => {
    count(kinds, 1);
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      count(kinds, -1);
      serve();
    };
    return { release, [Symbol.dispose]: release };
  };
  const acquire = (kinds: readonly string[], code: ErrorCode, options: SlotOptions): Promise<Slot> => {
    const { signal, deadline } = options;
    if (signal?.aborted) return Promise.reject(abortError(signal));
    if (deadline !== undefined && !(deadline >= 0)) return Promise.reject(badDeadline(deadline));
    // It overtakes nobody: a place that gets free is given at once to the first that waits and fits.
    if (fits(kinds)) return Promise.resolve(take(kinds));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(waiter);
        stopTimer?.();
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(
          signal === undefined ? new AsmError('cancelled', 'The wait was cancelled.') : abortError(signal),
        );
      };
      const waiter: Waiter = {
        kinds,
        give: () => {
          leave();
          resolve(take(kinds));
        },
      };
      const stopTimer =
        deadline === undefined
          ? undefined
          : clock.startTimer(deadline, () => {
              leave();
              reject(new AsmError(code, waitedTooLong(kinds, deadline, byKind)));
            });
      waiting.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };
  const use = (kind: string): LimitUse => {
    const limit = byKind.get(kind);
    return {
      active: active.get(kind) ?? 0,
      waiting: [...waiting].filter(({ kinds }) => kinds.includes(kind)).length,
      ...(limit === undefined ? {} : { limit }),
    };
  };
  return {
    acquireRun: (provider, options = {}) =>
      acquire([runKind, providerKind(provider)], 'max_runs_exceeded', options),
    acquireSession: (options = {}) => acquire([sessionKind], 'max_sessions_exceeded', options),
    isWantedRun: (provider) => {
      const freed = new Set([runKind, providerKind(provider)]);
      const fitsThen = (kind: string): boolean =>
        (active.get(kind) ?? 0) - (freed.has(kind) ? 1 : 0) < (byKind.get(kind) ?? Number.POSITIVE_INFINITY);
      return [...waiting].some(({ kinds }) => kinds.every(fitsThen));
    },
    status: () => {
      const names = new Set(
        [...byKind.keys(), ...active.keys()].flatMap((kind) =>
          kind.startsWith(providerPrefix) ? [kind.slice(providerPrefix.length)] : [],
        ),
      );
      return {
        sessions: use(sessionKind),
        runs: use(runKind),
        providers: Object.fromEntries([...names].map((name) => [name, use(providerKind(name))])),
      };
    },
  };
}

const providerPrefix = 'provider:';

function providerKind(name: string): string {
  return `${providerPrefix}${name}`;
}

function checkLimits({ sessions, runs, providers = {} }: ConcurrencyLimits): ReadonlyMap<string, number> {
  const given: readonly (readonly [string, string, number | undefined])[] = [
    ['sessions', sessionKind, sessions],
    ['runs', runKind, runs],
    ...Object.entries(providers).map(
      ([name, limit]) => [`providers.${name}`, providerKind(name), limit] as const,
    ),
  ];
  const byKind = new Map<string, number>();
  for (const [name, kind, limit] of given) {
    if (limit === undefined) continue;
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new AsmError(
        'invalid_input',
        `The limit \`${name}\` is a whole number from 1, not ${String(limit)}. Leave it out for no limit.`,
      );
    }
    byKind.set(kind, limit);
  }
  return byKind;
}

function badDeadline(deadline: number): AsmError {
  return new AsmError(
    'invalid_input',
    `\`deadline\` is a number of milliseconds from 0, not ${String(deadline)}. Leave it out to wait as long as it takes.`,
  );
}

function waitedTooLong(
  kinds: readonly string[],
  deadline: number,
  byKind: ReadonlyMap<string, number>,
): string {
  const limits = kinds.flatMap((kind) => {
    const limit = byKind.get(kind);
    return limit === undefined ? [] : [`${kind} ${limit}`];
  });
  return `No place was free within ${deadline} ms (limits: ${limits.join(', ')}). Raise the limit or the deadline.`;
}
