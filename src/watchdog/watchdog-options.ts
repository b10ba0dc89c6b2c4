import { AsmError } from '../domain/error.ts';
import { isJsonObject, type JsonValue } from '../domain/json.ts';
import { assertOptionNames } from '../domain/option-names.ts';

/** What a stalled agent is told. */
export interface Nudge {
  readonly text: string;
  /** How often in one run. Default 3: an agent may answer each nudge by one more question to a silent model. */
  readonly times?: number;
}

/** What counts as a stalled run, and what is done about it. Times are in milliseconds. */
export interface WatchdogOptions {
  /** Without progress for so long, a run has stalled. Default 5 minutes, or half of the idle limit if that is less. */
  readonly after?: number;
  /** The same while a tool runs. Default: a tool may be silent as long as it likes. */
  readonly inTool?: number;
  /** What a stalled agent is told at once, where its provider takes messages while it works. */
  readonly nudge?: Nudge;
  /** A run that has stalled for so long is interrupted: its turn ends, its conversation stays. */
  readonly interruptAfter?: number;
  /** A run that has stalled for so long fails with `run_stalled`. */
  readonly cancelAfter?: number;
}

/** The options with their defaults. */
export interface WatchdogSettings extends WatchdogOptions {
  readonly after: number;
}

const times = ['after', 'inTool', 'interruptAfter', 'cancelAfter'] as const;
/** The least of each time: a run has not stalled at once, but may be ended as soon as it has. */
const least = { after: 1, inTool: 1, interruptAfter: 0, cancelAfter: 0 } as const;
const longestTime = 365 * 24 * 60 * 60_000;
const longestNudge = 131_072;
const defaultAfter = 5 * 60_000;

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkWatchdogOptions(options: WatchdogOptions): void {
  const given: unknown = options;
  if (!isJsonObject(given)) throw invalid('`watchdog` is an object of options, or false for a run.');
  assertOptionNames('`watchdog`', options, [...times, 'nudge'] satisfies (keyof WatchdogOptions)[]);
  for (const name of times) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= least[name] && value <= longestTime))
      continue;
    throw invalid(
      `\`${name}\` of \`watchdog\` is a whole number of milliseconds from ${least[name]} to a year, not ${String(value)}.`,
    );
  }
  const { nudge, interruptAfter, cancelAfter } = options;
  if (nudge !== undefined) checkNudge(nudge);
  if (interruptAfter === undefined || cancelAfter === undefined || interruptAfter < cancelAfter) return;
  throw invalid(
    `The watchdog would cancel a run (${cancelAfter} ms) before it interrupts it (${interruptAfter} ms); both count from the stall.`,
  );
}

function checkNudge(nudge: unknown): void {
  if (!isJsonObject(nudge)) throw invalid('`nudge` of `watchdog` is an object with a `text`.');
  assertOptionNames('`nudge` of `watchdog`', nudge, ['text', 'times'] satisfies (keyof Nudge)[]);
  const { text, times: most = 1 } = nudge;
  if (typeof text !== 'string' || text.trim() === '' || text.length > longestNudge)
    throw invalid(`The text of \`nudge\` has 1 to ${longestNudge} characters.`);
  if (typeof most !== 'number' || !Number.isSafeInteger(most) || most < 1)
    throw invalid(`\`times\` of \`nudge\` is a whole number from 1, not ${JSON.stringify(most)}.`);
}

/**
 * Of several options the last that is given counts, each for itself. Throws `invalid_input` if they contradict
 * each other, or if the idle limit, 0 for none, would end a silent agent before the watchdog had done all it should.
 */
export function watchdogSettings(
  idleLimit: number,
  ...given: readonly (WatchdogOptions | undefined)[]
): WatchdogSettings {
  const options = given.reduce<WatchdogOptions>((all, some) => ({ ...all, ...definedOnly(some) }), {});
  checkWatchdogOptions(options);
  const half = idleLimit > 0 ? Math.max(1, Math.floor(idleLimit / 2)) : defaultAfter;
  const after = options.after ?? Math.min(defaultAfter, half);
  const last = after + Math.max(options.interruptAfter ?? 0, options.cancelAfter ?? 0);
  if (idleLimit === 0 || last < idleLimit) return { ...options, after };
  throw invalid(
    `The idle limit of the run, ${idleLimit} ms, ends a silent agent before the watchdog has done what it should (${last} ms). Raise \`limits.idle\`, or make the times of the watchdog shorter.`,
  );
}

/** An option that is given as `undefined` is not given. */
function definedOnly(options: WatchdogOptions = {}): WatchdogOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** The options as they were stored, as far as there are any. */
export function storedWatchdogOptions(stored: JsonValue): WatchdogOptions | false {
  if (!isJsonObject(stored)) return false;
  const nudge = storedNudge(stored['nudge']);
  const numbers = times.flatMap((name) => {
    const value = stored[name];
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(numbers), ...(nudge === undefined ? {} : { nudge }) };
}

function storedNudge(stored: JsonValue | undefined): Nudge | undefined {
  if (!isJsonObject(stored)) return undefined;
  const { text, times: most } = stored;
  if (typeof text !== 'string') return undefined;
  return { text, ...(typeof most === 'number' ? { times: most } : {}) };
}

function invalid(message: string): AsmError {
  return new AsmError('invalid_input', message);
}
