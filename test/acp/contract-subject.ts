import type { AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { agentSubject } from '../agent/agent-subject.ts';
import { claudeTurn, heardByClaude } from '../claude/claude-steps.ts';
import { signedInEnvironment } from './signed-in-claude.ts';

/** A subject of the contract: a real claude-agent-acp behind the provider that the options make. */
export function contractSubject(options: AcpOptions, parts: Omit<ProviderSubject, 'open'>): ProviderSubject {
  return agentSubject(
    {
      name: 'acp',
      provider: () => acp(options),
      environment: signedInEnvironment,
      // The adapter asks for a title in the first turn, which is no part of what the cases count.
      model: { auxiliaryUsage: {} },
      turn: claudeTurn,
      heard: heardByClaude,
    },
    parts,
  );
}
