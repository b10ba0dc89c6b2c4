import { describe, it } from 'vitest';
import { acpCapabilities } from '../../src/providers/acp/capabilities.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import { contractSubject } from './contract-subject.ts';

const preset = 'claude-agent-acp';
const subject = contractSubject(
  { preset },
  {
    capabilities: acpCapabilities(preset),
    // The others: claude-agent-acp.agent.test.ts.
    failures: [{ status: 529, code: 'provider_overloaded' }],
  },
);
testProvider(preset, subject, { describe, it });
