import { approvalCases } from './approval-cases.ts';
import { closingCases } from './closing-cases.ts';
import { commitCases } from './commit-cases.ts';
import { concurrencyCases } from './concurrency-cases.ts';
import { feedCases } from './feed-cases.ts';
import { keyCases } from './key-cases.ts';
import { leaseCases } from './lease-cases.ts';
import { listingCases } from './listing-cases.ts';
import { pageCases } from './page-cases.ts';
import { payloadCases } from './payload-cases.ts';
import { rowCases } from './row-cases.ts';
import { sharedDataCases } from './shared-data-cases.ts';
import { watchCases } from './watch-cases.ts';
import type { StoreAbility, StoreCase } from './store-case.ts';

/** Every promise of the `SessionStore` port, each with what shows whether a store keeps it. */
export const sessionStoreCases: readonly StoreCase[] = [
  ...commitCases,
  ...rowCases,
  ...approvalCases,
  ...keyCases,
  ...leaseCases,
  ...payloadCases,
  ...pageCases,
  ...feedCases,
  ...listingCases,
  ...watchCases,
  ...concurrencyCases,
  ...closingCases,
  ...sharedDataCases,
];

/** The cases that a store with these abilities must pass. */
export function casesFor(abilities: readonly StoreAbility[]): readonly StoreCase[] {
  return sessionStoreCases.filter(({ needs = [] }) => needs.every((need) => abilities.includes(need)));
}
