import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/**
 * The files that take longest, in the order in which they start: one that starts last is waited for alone,
 * on an otherwise idle machine. Their size says nothing of it, and what an earlier run took isn't known everywhere.
 */
const longest = [
  'test/acp/provider-contract.agent.test.ts',
  'test/acp/command-line-contract.agent.test.ts',
  'test/amp/provider-contract.agent.test.ts',
  'test/acp/claude-agent-acp.agent.test.ts',
  'test/claude/provider-contract.agent.test.ts',
  'test/codex/provider-contract.agent.test.ts',
  'test/acp/forbidden.agent.test.ts',
  'src/runtime/session-server.test.ts',
  'test/amp/failures.agent.test.ts',
];

/** Starts the longest files first, and the others tier by tier. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => place(one) - place(other));
  }
}

function place({ moduleId }: TestSpecification): number {
  const index = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return index === -1 ? longest.length : index;
}
