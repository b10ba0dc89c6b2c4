import { isSupported, type Capabilities, type CapabilityName } from '../../domain/capability.ts';
import type { ProviderRoom } from './provider-room.ts';

/** One promise of the port, and how to see whether a provider keeps it. */
export interface ProviderCase {
  readonly name: string;
  /** Only for providers that claim these, natively or emulated. */
  readonly claims?: readonly CapabilityName[];
  /** Only for providers that say that they can't do this. */
  readonly refuses?: CapabilityName;
  /** Rejects if the promise is broken. */
  run(room: ProviderRoom): Promise<void>;
}

/** True when the case is for a provider with these capabilities. */
export function isCaseFor(providerCase: ProviderCase, table: Capabilities): boolean {
  const claimed = (providerCase.claims ?? []).every((name) => isSupported(table, name));
  return claimed && (providerCase.refuses === undefined || table[providerCase.refuses] === 'unsupported');
}
