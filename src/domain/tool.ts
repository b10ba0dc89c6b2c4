import type { JsonObject } from './json.ts';

/**
 * What a tool does, as far as permissions care. `read` looks at files, `search` looks for them,
 * `edit` changes files, `execute` runs commands, `fetch` reaches the network, `agent` starts a
 * subagent, `plan` and `question` speak with the person, `internal` only moves the agent's own
 * state, `client` is a function that the caller offered, `other` is unknown and treated as dangerous.
 */
export const toolKinds = [
  'read',
  'search',
  'edit',
  'execute',
  'fetch',
  'agent',
  'plan',
  'question',
  'internal',
  'client',
  'other',
] as const;
export type ToolKind = (typeof toolKinds)[number];

/** Who calls: absent fields mean the main thread. */
export interface ToolLineage {
  /** The tool call that started the subagent. */
  readonly parentToolCallId?: string;
  readonly agentId?: string;
  readonly agentType?: string;
}

/** A tool call that an agent wants to make. */
export interface ToolCall {
  /** The provider's id of the call; unique within its conversation. */
  readonly id: string;
  /** The provider's name of the tool, such as `Bash`. */
  readonly name: string;
  /** The same name for every provider: `bash`, `read`, `write`, `edit`, `web_fetch`, `mcp:server/tool`, … */
  readonly tool: string;
  readonly kind: ToolKind;
  readonly input: JsonObject;
  /** The shell command, for tools that run one. */
  readonly command?: string;
  /** The paths that the call reads or changes, as given, for tools that name any. */
  readonly paths?: readonly string[];
  /** Fields of the input that say nothing about what the call does, such as a title for people. */
  readonly remarks?: readonly string[];
  readonly lineage?: ToolLineage;
}

/** The answer to a tool call. A denial's reason is told to the agent. */
export type Authorization =
  | { readonly decision: 'allow'; readonly changedInput?: JsonObject }
  | { readonly decision: 'deny'; readonly reason: string };

/** Who made a decision about a tool call. */
export const deciders = ['rule', 'policy', 'mode', 'caller', 'approval', 'default'] as const;
export type Decider = (typeof deciders)[number];

export const permissionModes = [
  'default',
  'accept_edits',
  'plan',
  'full_auto',
  'dangerously_skip_permissions',
] as const;
export type PermissionMode = (typeof permissionModes)[number];
