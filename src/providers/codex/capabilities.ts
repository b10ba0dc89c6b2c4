import { capabilities, type Capabilities } from '../../domain/capability.ts';

/**
 * What this provider can do with Codex. Codex asks before every command, patch and MCP call; the
 * permission modes and tool rules are decided by this library's gate, and Codex's sandbox holds besides.
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

/** The same where several runs share one server. */
export const sharedCodexCapabilities: Capabilities = {
  ...codexCapabilities,
  process_isolation: 'unsupported',
};
