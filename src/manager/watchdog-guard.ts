import { isSupported } from '../domain/capability.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { Provider } from '../ports/provider.ts';
import type { RowChanges } from '../ports/session-store.ts';
import {
  watchdogSettings,
  type WatchdogOptions,
  type WatchdogSettings,
} from '../watchdog/watchdog-options.ts';
import { Watchdog } from '../watchdog/watchdog.ts';
import { defaultIdleLimit, type RunLimits } from './run-clocks.ts';
import type { GuardedRun, GuardMaker, RunCandidate, RunGuard, WaitedFor } from './run-guard.ts';

/** Watches whether runs make progress; `given` and `limits` are for runs that don't say otherwise. */
export function watchdogGuards(given: WatchdogOptions | undefined, limits: RunLimits): GuardMaker {
  const settingsFor = ({ options }: RunCandidate): WatchdogSettings | undefined => {
    const { watchdog = given } = options;
    if (watchdog === undefined || watchdog === false) return undefined;
    const { idle = defaultIdleLimit } = { ...limits, ...options.limits };
    return watchdogSettings(idle, given, watchdog);
  };
  return {
    admit: (candidate) => void settingsFor(candidate),
    watch(guarded) {
      const settings = settingsFor(guarded);
      return settings === undefined ? undefined : new WatchdogGuard(guarded, settings);
    },
  };
}

/** Lets a watchdog watch one run. */
class WatchdogGuard implements RunGuard {
  readonly #guarded: GuardedRun;
  readonly #watchdog: Watchdog;
  /** Who does the work. */
  #provider: Provider;

  constructor(guarded: GuardedRun, settings: WatchdogSettings) {
    this.#guarded = guarded;
    this.#provider = guarded.provider;
    const { clock } = guarded;
    this.#watchdog = new Watchdog(
      {
        clock,
        record: (draft) => guarded.record(draft),
        show: (activity) => guarded.show(activity),
        steer: (text) => guarded.steer(text),
        interrupt: () => guarded.interrupt(),
        stop: (error) => guarded.stop(error),
        whyNot: (step) => this.#whyNot(step),
      },
      settings,
    );
  }

  recall(draft: EventDraft): void {
    this.#watchdog.recall(draft);
  }

  see(draft: EventDraft): void {
    if (draft.type === 'attempt_routed') this.#routedTo(draft.data.routedProvider);
    this.#watchdog.see(draft);
  }

  wait(what: WaitedFor, begins: boolean): void {
    this.#watchdog.wait(what, begins);
  }

  end(): RowChanges<Run> {
    this.#watchdog.end();
    return { activity: undefined };
  }

  #routedTo(name: string): void {
    const candidates = this.#guarded.provider.router?.candidates ?? [];
    this.#provider = candidates.find((candidate) => candidate.name === name) ?? this.#provider;
  }

  #whyNot(step: 'nudge' | 'interrupt'): string | undefined {
    const { name, capabilities } = this.#provider;
    if (step === 'nudge')
      return isSupported(capabilities, 'steer') ? undefined : `${name} takes no message while it works.`;
    return isSupported(capabilities, 'interrupt') ? undefined : `${name} can't be interrupted.`;
  }
}
