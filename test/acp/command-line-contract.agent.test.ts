import { createRequire } from 'node:module';
import { describe, it } from 'vitest';
import { acpCapabilities } from '../../src/providers/acp/capabilities.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import { contractSubject } from './contract-subject.ts';

// The same program as one of which nothing is known.
const program = createRequire(import.meta.url).resolve('@agentclientprotocol/claude-agent-acp/dist/index.js');
testProvider(
  'an agent given by its command line',
  contractSubject(
    { command: process.execPath, arguments: [program] },
    {
      capabilities: acpCapabilities(),
      // What this agent says only in words is known to its preset.
      failures: [
        { status: 401, code: 'authentication_failed' },
        { status: 429, code: 'rate_limited' },
        { status: 529, code: 'provider_unavailable' },
      ],
    },
  ),
  { describe, it },
);
