import { describe, it } from 'vitest';
import { codexCapabilities, sharedServerCapabilities } from '../../src/providers/codex/capabilities.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { agentSubject } from '../agent/agent-subject.ts';
import { heardBy, modelTurn } from './codex-step.ts';

function subject(shareServer: boolean): ProviderSubject {
  return agentSubject(
    {
      name: 'codex',
      provider: () => codex({ shareServer }),
      environment: async (server, home) => codexEnvironment(server, { home }),
      turn: modelTurn,
      heard: heardBy,
    },
    {
      capabilities: shareServer ? sharedServerCapabilities : codexCapabilities,
      // The others: failures.agent.test.ts.
      failures: [{ status: 529, code: 'provider_overloaded' }],
    },
  );
}

testProvider('codex', subject(false), { describe, it });
testProvider('codex with a shared server', subject(true), { describe, it });
