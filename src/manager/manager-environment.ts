import type { ApprovalOptions } from '../approvals/approval-options.ts';
import type { PriceBook } from '../cost/price-book.ts';
import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import type { IdSource } from '../domain/id.ts';
import { nearestName } from '../domain/nearest-name.ts';
import type { Policy } from '../policy/policy.ts';
import type { Provider } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { DeltaPolicy } from './delta-joiner.ts';
import type { EventEncoder } from './event-encoder.ts';
import type { EventLog } from './event-log.ts';
import type { GuardMaker } from './run-guard.ts';
import type { RunLimits } from './run-clocks.ts';
import type { SessionTurns } from './session-turns.ts';
import type { SteeringTexts } from './steering-texts.ts';

/** Times of the manager itself, in milliseconds. */
export interface ManagerTimes {
  /** How long a run's lease lives without being renewed. Default 15 s. */
  readonly lease: number;
  /** How long a cancelled or closing agent has to end before its processes are killed. Default 10 s. */
  readonly close: number;
}

/** What the parts of a manager share. */
export interface ManagerEnvironment {
  readonly store: SessionStore;
  readonly log: EventLog;
  readonly turns: SessionTurns;
  readonly steeringTexts: SteeringTexts;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly redactor: Redactor;
  readonly encoder: EventEncoder;
  readonly providers: ReadonlyMap<string, Provider>;
  /** Names this manager among all that share the store. */
  readonly owner: string;
  readonly deltas: DeltaPolicy;
  readonly limits: RunLimits;
  readonly times: ManagerTimes;
  /** How approvals wait, where runs don't say otherwise; absent: they are off. */
  readonly approvals: ApprovalOptions | undefined;
  readonly prices: PriceBook;
  /** In force for every run, besides its own. */
  readonly policies: readonly Policy[];
  /** Who makes the guards that watch runs. */
  readonly guards: readonly GuardMaker[];
}

/** The provider of a name. Throws `provider_not_found`, saying which there are. */
export function findProvider(environment: ManagerEnvironment, name: string): Provider {
  const provider = environment.providers.get(name);
  if (provider !== undefined) return provider;
  const names = [...environment.providers.keys()];
  const nearest = nearestName(name, names);
  const advice =
    nearest !== undefined
      ? `Did you mean "${nearest}"?`
      : names.length === 0
        ? 'The manager was given no provider.'
        : `The manager was given: ${names.join(', ')}.`;
  throw new AsmError('provider_not_found', `There is no provider "${name}". ${advice}`, {
    details: { provider: name },
  });
}
