/**
 * Features of Codex that are switched off. Most of them would act without asking the gate: write to a terminal
 * that was opened, look at any image, start subagents or connectors, decide approvals, install servers. The rest
 * would look for updates and plugins at every start.
 */
export const switchedOff = [
  'apps',
  'browser_use',
  'browser_use_external',
  'computer_use',
  'daemon_auto_start',
  'goals',
  'guardian_approval',
  'hooks',
  'image_generation',
  'memories',
  'multi_agent',
  'multi_agent_v2',
  'plugins',
  'remote_plugin',
  'request_permissions_tool',
  'skill_mcp_dependency_install',
  'tool_suggest',
  'unified_exec_tty',
  'view_image',
] as const;

/** Arguments of the app-server. They hold no secrets: command lines can be read by everybody. */
export const serverFlags: readonly string[] = [
  ...switchedOff.flatMap((feature) => ['-c', `features.${feature}=false`]),
  '-c',
  'check_for_update_on_startup=false',
  // A conversation that stays loaded would keep the settings of its last run.
  '-c',
  'thread_unload_delay_secs=0',
];
