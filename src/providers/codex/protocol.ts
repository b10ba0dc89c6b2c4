/**
 * The names of the app-server's protocol that this provider uses. A test holds them against the schema that
 * the program prints of itself.
 */

/** What we ask the server. */
export const clientMethods = [
  'initialize',
  'config/read',
  'thread/start',
  'thread/resume',
  'thread/fork',
  'thread/unsubscribe',
  'thread/backgroundTerminals/clean',
  'thread/inject_items',
  'turn/start',
  'turn/steer',
  'turn/interrupt',
] as const;
export type ClientMethod = (typeof clientMethods)[number];

/** What the server asks us. All else it is told that we don't know. */
export const serverRequests = {
  command: 'item/commandExecution/requestApproval',
  fileChange: 'item/fileChange/requestApproval',
  permissions: 'item/permissions/requestApproval',
  elicitation: 'mcpServer/elicitation/request',
  question: 'item/tool/requestUserInput',
  clientTool: 'item/tool/call',
} as const;

/** Notifications of which something becomes an event or a decision. */
export const notifications = {
  itemStarted: 'item/started',
  itemCompleted: 'item/completed',
  messageDelta: 'item/agentMessage/delta',
  summaryDelta: 'item/reasoning/summaryTextDelta',
  reasoningDelta: 'item/reasoning/textDelta',
  commandOutput: 'item/commandExecution/outputDelta',
  planUpdated: 'turn/plan/updated',
  turnStarted: 'turn/started',
  turnCompleted: 'turn/completed',
  tokenUsage: 'thread/tokenUsage/updated',
  rateLimits: 'account/rateLimits/updated',
  requestResolved: 'serverRequest/resolved',
  modelRerouted: 'model/rerouted',
  compacted: 'thread/compacted',
  closed: 'thread/closed',
  mcpStatus: 'mcpServer/startupStatus/updated',
  hookCompleted: 'hook/completed',
  error: 'error',
  warning: 'warning',
  configWarning: 'configWarning',
  guardianWarning: 'guardianWarning',
  deprecation: 'deprecationNotice',
} as const;

/** Notifications that say nothing of the run, or nothing that others don't say. */
export const silentNotifications = [
  'thread/started',
  'thread/status/changed',
  'thread/readState/changed',
  'thread/name/updated',
  'thread/settings/updated',
  'thread/environment/connected',
  'thread/environment/disconnected',
  'turn/diff/updated',
  'turn/moderationMetadata',
  'item/plan/delta',
  'item/reasoning/summaryPartAdded',
  'item/commandExecution/terminalInteraction',
  'item/fileChange/outputDelta',
  'item/fileChange/patchUpdated',
  'item/mcpToolCall/progress',
  'skills/changed',
  'app/list/updated',
  'account/updated',
  'remoteControl/status/changed',
  'hook/started',
  'fs/changed',
  'model/safetyBuffering/updated',
  'model/verification',
] as const;

/** What a field of an item holds; with `?` it may also be null. */
export type FieldKind = 'text' | 'text?' | 'number?' | 'boolean?' | 'list' | 'list?' | 'object?' | 'any';

/** Kinds of items, and the fields of each that are read. */
export const itemFields: {
  readonly [type: string]: { readonly [field: string]: FieldKind };
} = {
  userMessage: { id: 'text' },
  hookPrompt: { id: 'text' },
  functionCallOutput: { id: 'text' },
  plan: { id: 'text', text: 'text' },
  agentMessage: { id: 'text', text: 'text' },
  reasoning: { id: 'text', summary: 'list', content: 'list' },
  commandExecution: {
    id: 'text',
    command: 'text',
    cwd: 'text',
    status: 'text',
    aggregatedOutput: 'text?',
    exitCode: 'number?',
    durationMs: 'number?',
  },
  fileChange: { id: 'text', changes: 'list', status: 'text' },
  mcpToolCall: {
    id: 'text',
    server: 'text',
    tool: 'text',
    arguments: 'any',
    status: 'text',
    result: 'object?',
    error: 'object?',
    durationMs: 'number?',
  },
  dynamicToolCall: {
    id: 'text',
    tool: 'text',
    arguments: 'any',
    status: 'text',
    contentItems: 'list?',
    success: 'boolean?',
    durationMs: 'number?',
  },
  collabAgentToolCall: { id: 'text', tool: 'text', status: 'text', prompt: 'text?' },
  webSearch: { id: 'text', query: 'text', action: 'object?', results: 'list?' },
  imageView: { id: 'text', path: 'text' },
  contextCompaction: { id: 'text' },
};
