import { capabilityNames, isSupported, type Capabilities, type CapabilityName } from './capability.ts';
import { AsmError } from './error.ts';
import { decidedBy } from './error-setting.ts';

/** What a run wants of its provider. */
export interface CapabilityDemand {
  /** Without these the run can't be. */
  readonly required: readonly CapabilityName[];
  /** Without these it goes on, degraded. */
  readonly preferred: readonly CapabilityName[];
  /** True: that something required is only observed is enough. */
  readonly acceptObserved: boolean;
}

/** What came of it. */
export interface Negotiation {
  readonly status: 'full' | 'degraded';
  /** Preferred, but not there. */
  readonly degraded: readonly CapabilityName[];
  /** Required, and only observed, as was accepted. */
  readonly observed: readonly CapabilityName[];
}

/** The required capabilities that a provider with this table lacks, in the order of the list of all. */
export function missingCapabilities(
  table: Capabilities,
  demand: Pick<CapabilityDemand, 'required' | 'acceptObserved'>,
): readonly CapabilityName[] {
  return capabilityNames.filter(
    (name) =>
      demand.required.includes(name) &&
      !isSupported(table, name) &&
      !(demand.acceptObserved && table[name] === 'observed'),
  );
}

/**
 * Holds a demand against a table. Throws `missing_required_capability`, naming all that is missing, and for what it is
 * needed where `purpose` tells.
 */
export function negotiate(
  provider: string,
  table: Capabilities,
  demand: CapabilityDemand,
  purpose: (name: CapabilityName) => string | undefined = () => undefined,
): Negotiation {
  const missing = missingCapabilities(table, demand);
  if (missing.length > 0) {
    const observed = missing.filter((name) => table[name] === 'observed');
    const advice =
      observed.length === 0
        ? 'Take another provider.'
        : `It only observes ${observed.join(', ')}, which a run may accept.`;
    const named = missing.map((name) => [name, purpose(name)].filter((part) => part !== undefined).join(' '));
    throw new AsmError(
      'missing_required_capability',
      `${provider} lacks what the run requires: ${named.join(', ')}. ${advice}`,
      {
        details: {
          provider,
          missing: [...missing],
          ...(observed.length === 0 ? {} : decidedBy('acceptObserved')),
        },
      },
    );
  }
  const degraded = capabilityNames.filter(
    (name) => demand.preferred.includes(name) && !isSupported(table, name),
  );
  const observed = capabilityNames.filter(
    (name) => demand.required.includes(name) && table[name] === 'observed',
  );
  return { status: degraded.length === 0 ? 'full' : 'degraded', degraded, observed };
}
