import { capabilities, type Capabilities } from '../../domain/capability.ts';
import type { AgentEnvironment } from '../../ports/provider.ts';
import { acpCapabilities } from './capabilities.ts';
import type { CheckedOptions } from './options.ts';
import type { AcpPreset } from './preset.ts';
import { presetOf } from './presets.ts';

/** One agent to drive: the preset, and what the caller said in its place. */
export interface AcpAgent {
  readonly name: string;
  readonly preset: AcpPreset | undefined;
  readonly command: string | undefined;
  readonly arguments: readonly string[];
  readonly environment: AgentEnvironment;
  readonly model: string | undefined;
  readonly capabilities: Capabilities;
}

/** Puts preset and options together. */
export function chooseAgent(options: CheckedOptions): AcpAgent {
  const preset = presetOf(options.preset);
  const { inherit, set } = options.environment ?? {};
  return {
    name: options.name ?? options.preset ?? 'acp',
    preset,
    command: options.command,
    // Arguments of a preset belong to its program, not to one that is named in its place.
    arguments: options.arguments ?? (options.command === undefined ? (preset?.arguments ?? []) : []),
    environment: {
      ...(inherit === undefined ? {} : { inherit }),
      ...(set === undefined ? {} : { set }),
    },
    model: options.model,
    capabilities: capabilities({ ...acpCapabilities(options.preset), ...definedOnly(options.capabilities) }),
  };
}

function definedOnly(table: CheckedOptions['capabilities']): Partial<Capabilities> {
  return Object.fromEntries(Object.entries(table ?? {}).filter(([, level]) => level !== undefined));
}
