/** What a provider may be able to do. */
export const capabilityNames = [
  'text_deltas',
  'reasoning',
  'tool_events',
  'approval_before_tool',
  'changed_tool_input',
  'steer',
  'interrupt',
  'native_resume',
  'fork',
  'transcript_replay',
  'client_tools',
  'mcp_servers',
  'system_prompt',
  'max_turns',
  'tool_rules',
  'cost_reported',
  'usage_reported',
  'usage_per_answer',
  'structured_output',
  'permission_modes',
  'process_isolation',
] as const;
export type CapabilityName = (typeof capabilityNames)[number];

/**
 * How well a provider can do something. `native`: the agent does it. `emulated`: this library makes
 * it so. `observed`: it happens and is reported, but can't be controlled. `unsupported`: not at all.
 */
export const supportLevels = ['native', 'emulated', 'observed', 'unsupported'] as const;
export type SupportLevel = (typeof supportLevels)[number];

export type Capabilities = { readonly [Name in CapabilityName]: SupportLevel };

/** Makes a full table: what isn't named is unsupported. */
export function capabilities(supported: Partial<Capabilities>): Capabilities {
  return { ...unsupported, ...supported };
}

const unsupported: Capabilities = {
  text_deltas: 'unsupported',
  reasoning: 'unsupported',
  tool_events: 'unsupported',
  approval_before_tool: 'unsupported',
  changed_tool_input: 'unsupported',
  steer: 'unsupported',
  interrupt: 'unsupported',
  native_resume: 'unsupported',
  fork: 'unsupported',
  transcript_replay: 'unsupported',
  client_tools: 'unsupported',
  mcp_servers: 'unsupported',
  system_prompt: 'unsupported',
  max_turns: 'unsupported',
  tool_rules: 'unsupported',
  cost_reported: 'unsupported',
  usage_reported: 'unsupported',
  usage_per_answer: 'unsupported',
  structured_output: 'unsupported',
  permission_modes: 'unsupported',
  process_isolation: 'unsupported',
};

/** True when the provider controls it, itself or through us; `observed` is not enough. */
export function isSupported(table: Capabilities, name: CapabilityName): boolean {
  return table[name] === 'native' || table[name] === 'emulated';
}

/** How a run goes on from what was said before. */
export const continuities = ['native', 'replayed', 'fresh'] as const;
export type Continuity = (typeof continuities)[number];
