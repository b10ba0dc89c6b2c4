import { describe, it } from 'vitest';
import { acpCapabilities } from '../../src/providers/acp/capabilities.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import { contractSubject } from './contract-subject.ts';

const preset = 'claude-agent-acp';
testProvider(preset, contractSubject({ preset }, { capabilities: acpCapabilities(preset) }), {
  describe,
  it,
});
