import type { EventData } from '../../domain/event-data.ts';
import type { JsonObject } from '../../domain/json.ts';
import { fieldOf, numberField, textField } from '../../domain/json-field.ts';

/** The windows of time in which a plan limits what may be used. */
const windows = ['primary', 'secondary'] as const;

/** Keeps what is left of the limits of the account's plan. */
export interface LimitMeter {
  /** Takes Codex's figures in; gives those that are not as they were told last. */
  take(limits: JsonObject): readonly EventData['rate_limit_updated'][];
  /** When all that is used up is reset: wall time in milliseconds since 1970; absent while nothing is. */
  readonly resetsAt: number | undefined;
}

/** Makes the meter of a run. */
export function createLimitMeter(): LimitMeter {
  const told = new Map<string, EventData['rate_limit_updated']>();
  return {
    take(limits) {
      const id = textField(limits, 'limitId') ?? '';
      return windows.flatMap((kind) => {
        // Figures come with each answer of the model; what is missing is only not told this time.
        const window = readWindow(kind, limits);
        const key = JSON.stringify([id, kind]);
        if (window === undefined || isSame(window, told.get(key))) return [];
        told.set(key, window);
        return [window];
      });
    },
    get resetsAt() {
      const used = [...told.values()].filter(({ status }) => status === 'rejected');
      const times = used.flatMap(({ resetsAt }) => resetsAt ?? []);
      return times.length === 0 ? undefined : Math.max(...times);
    },
  };
}

function readWindow(
  kind: (typeof windows)[number],
  limits: JsonObject,
): EventData['rate_limit_updated'] | undefined {
  const window = fieldOf(limits, kind);
  const used = numberField(window, 'usedPercent');
  if (used === undefined) return undefined;
  const seconds = numberField(window, 'resetsAt');
  return {
    status: used >= 100 ? 'rejected' : 'allowed',
    kind,
    utilization: Math.min(1, Math.max(0, used / 100)),
    ...(seconds === undefined ? {} : { resetsAt: seconds * 1000 }),
  };
}

function isSame(
  one: EventData['rate_limit_updated'],
  other: EventData['rate_limit_updated'] | undefined,
): boolean {
  return one.utilization === other?.utilization && one.resetsAt === other?.resetsAt;
}
