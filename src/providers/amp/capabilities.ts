import { capabilities, type Capabilities } from '../../domain/capability.ts';

/**
 * What this provider can do with Amp. Amp asks a program of ours before every tool call, its subagents' too,
 * but can't be told another input. It counts each answer of the main thread; the sum, the limit of answers and
 * interrupting (Amp is ended, its thread is kept) are made here. It writes whole messages and tells no cost.
 */
export const ampCapabilities: Capabilities = capabilities({
  reasoning: 'native',
  tool_events: 'native',
  approval_before_tool: 'native',
  steer: 'native',
  interrupt: 'emulated',
  native_resume: 'native',
  transcript_replay: 'emulated',
  client_tools: 'emulated',
  mcp_servers: 'native',
  max_turns: 'emulated',
  tool_rules: 'emulated',
  usage_reported: 'emulated',
  usage_per_answer: 'native',
  permission_modes: 'emulated',
  process_isolation: 'native',
});
