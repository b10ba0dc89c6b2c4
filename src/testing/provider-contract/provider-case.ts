import {
  capabilityNames,
  isSupported,
  type Capabilities,
  type CapabilityName,
} from '../../domain/capability.ts';
import type { ProviderRoom } from './provider-room.ts';
import type { ProviderSubject } from './provider-subject.ts';
import type { SharedRuns } from './shared-runs.ts';

/** One promise of the port, and how to see whether a provider keeps it. */
export type ProviderCase = ProviderPromise & (ProviderCaseRun | ProviderCaseLook);

/** What is promised, and by whom. */
export interface ProviderPromise {
  readonly name: string;
  /** Only for providers that claim these, natively or emulated. */
  readonly claims?: readonly CapabilityName[];
  /** Only for providers that say that they can't do this. */
  readonly refuses?: CapabilityName;
  /** Only for providers that say that they tell of this, without controlling it. */
  readonly observes?: CapabilityName;
}

/** A case that needs runs of its own. */
export interface ProviderCaseRun {
  /** Rejects if the promise is broken. */
  run(room: ProviderRoom): Promise<void>;
}

/** A case that only looks at what happened in a run that others look at, too: starting agents takes long. */
export interface ProviderCaseLook {
  /** Rejects if the promise is broken. */
  look(runs: SharedRuns, subject: ProviderSubject): Promise<void>;
}

/** True when the case is for a provider with these capabilities. */
export function isCaseFor(providerCase: ProviderPromise, table: Capabilities): boolean {
  const claimed = (providerCase.claims ?? []).every((name) => isSupported(table, name));
  const { refuses, observes } = providerCase;
  return (
    claimed &&
    (refuses === undefined || table[refuses] === 'unsupported') &&
    (observes === undefined || table[observes] === 'observed')
  );
}

/** The claims of a provider that none of the cases proves. */
export function unprovedClaims(
  cases: readonly ProviderPromise[],
  table: Capabilities,
): readonly CapabilityName[] {
  const proved = new Set(
    cases
      .filter((providerCase) => isCaseFor(providerCase, table))
      .flatMap(({ claims = [], observes }) => (observes === undefined ? claims : [...claims, observes])),
  );
  return capabilityNames.filter((name) => table[name] !== 'unsupported' && !proved.has(name));
}
