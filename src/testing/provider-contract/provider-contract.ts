import type { CapabilityName } from '../../domain/capability.ts';
import { conversationCases } from './conversation-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { messageCases } from './message-cases.ts';
import { isCaseFor, type ProviderCase } from './provider-case.ts';
import { withProviderRoom } from './provider-room.ts';
import type { ProviderSubject } from './provider-subject.ts';
import { toolCases } from './tool-cases.ts';

/** Every case of the contract. Which of them a provider has to pass depends on what it claims. */
export const providerCases: readonly ProviderCase[] = [
  ...lifecycleCases,
  ...messageCases,
  ...toolCases,
  ...conversationCases,
];

/** Claims that no case proves: they need more than the subject of the suite can do. */
export const unprovedCapabilities = [
  'client_tools',
  'mcp_servers',
  'tool_rules',
  'structured_output',
  'permission_modes',
] as const satisfies readonly CapabilityName[];

/** The functions of a test runner; those of vitest and of `node:test` fit. */
export interface ContractRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

/** The cases that a provider with the subject's claims has to pass. */
export function providerCasesFor(subject: ProviderSubject): readonly ProviderCase[] {
  return providerCases.filter((providerCase) => isCaseFor(providerCase, subject.capabilities));
}

/** Runs one case with a fixture of its own; rejects if the provider breaks the promise. */
export async function runProviderCase(providerCase: ProviderCase, subject: ProviderSubject): Promise<void> {
  await withProviderRoom(subject, (room) => providerCase.run(room));
}

/**
 * Registers the contract suite for a provider with a test runner: one test for each promise that
 * its claims include. Every claim must be kept, and what is unsupported must be refused.
 */
export function testProvider(name: string, subject: ProviderSubject, runner: ContractRunner): void {
  runner.describe(`${name} keeps the contract of providers`, () => {
    for (const providerCase of providerCasesFor(subject)) {
      runner.it(providerCase.name, () => runProviderCase(providerCase, subject));
    }
  });
}
