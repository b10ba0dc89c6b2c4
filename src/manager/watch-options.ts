import { toJson, type JsonObject, type JsonValue } from '../domain/json.ts';
import { checkLoopOptions, storedLoopOptions, type LoopOptions } from '../watchdog/loop-options.ts';
import {
  checkWatchdogOptions,
  storedWatchdogOptions,
  type WatchdogOptions,
} from '../watchdog/watchdog-options.ts';

interface WatchOptions {
  readonly watchdog?: WatchdogOptions | false | undefined;
  readonly loops?: LoopOptions | false | undefined;
}

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkWatchOptions({ watchdog, loops }: WatchOptions): void {
  if (watchdog !== undefined && watchdog !== false) checkWatchdogOptions(watchdog);
  if (loops !== undefined && loops !== false) checkLoopOptions(loops);
}

/** The options as they are stored with a run. */
export function storableWatchOptions({ watchdog, loops }: WatchOptions): {
  readonly [name: string]: JsonValue;
} {
  return {
    ...(watchdog === undefined ? {} : { watchdog: toJson(watchdog) }),
    ...(loops === undefined ? {} : { loops: toJson(loops) }),
  };
}

/** The options as they were stored with a run. */
export function storedWatchOptions({ watchdog, loops }: JsonObject): {
  readonly watchdog?: WatchdogOptions | false;
  readonly loops?: LoopOptions | false;
} {
  return {
    ...(watchdog === undefined ? {} : { watchdog: storedWatchdogOptions(watchdog) }),
    ...(loops === undefined ? {} : { loops: storedLoopOptions(loops) }),
  };
}
