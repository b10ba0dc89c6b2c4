import { describe, it } from 'vitest';
import { claudeCapabilities } from '../../src/providers/claude/capabilities.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import { agentSubject } from '../agent/agent-subject.ts';
import { claudeTurn, heardByClaude } from './claude-steps.ts';

const subject = agentSubject(
  {
    name: 'claude',
    provider: () => claude(),
    environment: async (server, home) => claudeEnvironment(server, { home }),
    turn: claudeTurn,
    heard: heardByClaude,
  },
  {
    capabilities: claudeCapabilities,
    // The others: failures.agent.test.ts.
    failures: [{ status: 529, code: 'provider_overloaded' }],
  },
);

testProvider('claude', subject, { describe, it });
