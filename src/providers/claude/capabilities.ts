import { capabilities, type Capabilities } from '../../domain/capability.ts';

/**
 * What this provider can do with Claude Code. The permission modes and tool rules are decided by this
 * library's gate, which Claude Code asks before every tool call; all else Claude Code does itself.
 */
export const claudeCapabilities: Capabilities = capabilities({
  text_deltas: 'native',
  reasoning: 'native',
  tool_events: 'native',
  approval_before_tool: 'native',
  changed_tool_input: 'native',
  steer: 'native',
  interrupt: 'native',
  native_resume: 'native',
  fork: 'native',
  transcript_replay: 'emulated',
  client_tools: 'native',
  mcp_servers: 'native',
  system_prompt: 'native',
  max_turns: 'native',
  tool_rules: 'emulated',
  cost_reported: 'native',
  usage_reported: 'native',
  usage_per_answer: 'native',
  structured_output: 'native',
  permission_modes: 'emulated',
  process_isolation: 'native',
});
