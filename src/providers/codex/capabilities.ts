import { capabilities, type Capabilities } from '../../domain/capability.ts';

/**
 * What this provider can do with Codex. The permission modes and tool rules are decided by this library's
 * gate, which Codex asks before it runs a command, changes a file, calls an MCP tool or reads a resource of an MCP
 * server; tools that it would use unasked are switched off.
 */
export const codexCapabilities: Capabilities = capabilities({
  text_deltas: 'native',
  reasoning: 'native',
  tool_events: 'native',
  approval_before_tool: 'native',
  steer: 'native',
  interrupt: 'native',
  native_resume: 'native',
  fork: 'native',
  transcript_replay: 'emulated',
  client_tools: 'native',
  mcp_servers: 'native',
  system_prompt: 'native',
  tool_rules: 'emulated',
  usage_reported: 'native',
  usage_per_answer: 'native',
  structured_output: 'native',
  permission_modes: 'emulated',
  process_isolation: 'native',
});

/** The same with one app-server for several sessions. */
export const sharedServerCapabilities: Capabilities = {
  ...codexCapabilities,
  process_isolation: 'unsupported',
};
