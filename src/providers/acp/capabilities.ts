import { capabilities, type Capabilities } from '../../domain/capability.ts';
import { presetOf, unknownAgent, type AcpPresetName } from './presets.ts';

/**
 * What this provider can do with an agent: that of the preset, or for an agent given by its command line
 * what the protocol lets every agent do. The agent decides what it asks about, so that asking before tools
 * is `observed` unless the contract suite has shown that it asks about all of them.
 */
export function acpCapabilities(preset?: AcpPresetName): Capabilities {
  return capabilities(presetOf(preset)?.capabilities ?? unknownAgent);
}
