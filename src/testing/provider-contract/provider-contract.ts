import assert from 'node:assert/strict';
import { conversationCases } from './conversation-cases.ts';
import { foreignToolCases } from './foreign-tool-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { messageCases } from './message-cases.ts';
import { permissionCases } from './permission-cases.ts';
import { isCaseFor, unprovedClaims, type ProviderCase } from './provider-case.ts';
import { withProviderRoom } from './provider-room.ts';
import type { ProviderSubject } from './provider-subject.ts';
import { sharedRuns, type SharedRuns } from './shared-runs.ts';
import { toolCases } from './tool-cases.ts';

/** Every case of the contract. Which of them a provider has to pass depends on what it claims. */
export const providerCases: readonly ProviderCase[] = [
  ...lifecycleCases,
  ...messageCases,
  ...toolCases,
  ...foreignToolCases,
  ...permissionCases,
  ...conversationCases,
];

/** The functions of a test runner; those of vitest and of `node:test` fit. */
export interface ContractRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

/** The cases that a provider with the subject's claims has to pass. */
export function providerCasesFor(subject: ProviderSubject): readonly ProviderCase[] {
  return providerCases.filter((providerCase) => isCaseFor(providerCase, subject.capabilities));
}

/** Rejects if the subject claims something that no case can show to be so. */
export function assertClaimsAreProved(subject: ProviderSubject): void {
  assert.deepEqual(unprovedClaims(providerCases, subject.capabilities), [], 'claims without a proof');
}

/**
 * Runs one case, with a fixture of its own unless it only looks at one of the shared runs; rejects if the
 * provider breaks the promise. `runs`: those that other cases of the subject look at, too; default: none.
 */
export async function runProviderCase(
  providerCase: ProviderCase,
  subject: ProviderSubject,
  runs: SharedRuns = sharedRuns(subject),
): Promise<void> {
  if ('look' in providerCase) await providerCase.look(runs, subject);
  else await withProviderRoom(subject, (room) => providerCase.run(room));
}

/**
 * Registers the contract suite for a provider with a test runner: one test for each promise that
 * its claims include. Every claim must be kept, and what is unsupported must be refused.
 */
export function testProvider(name: string, subject: ProviderSubject, runner: ContractRunner): void {
  runner.describe(`${name} keeps the contract of providers`, () => {
    runner.it('claims nothing that no case proves', () => {
      assertClaimsAreProved(subject);
      return Promise.resolve();
    });
    const runs = sharedRuns(subject);
    for (const providerCase of providerCasesFor(subject)) {
      runner.it(providerCase.name, () => runProviderCase(providerCase, subject, runs));
    }
  });
}
