import { capabilities, type Capabilities } from '../../domain/capability.ts';

/** What running commands offers. The gate is asked before each command; nothing speaks with a model. */
export const shellCapabilities: Capabilities = capabilities({
  tool_events: 'native',
  approval_before_tool: 'native',
  changed_tool_input: 'native',
  interrupt: 'native',
  tool_rules: 'emulated',
  permission_modes: 'emulated',
  process_isolation: 'native',
});
