import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { fieldOf, listField, numberField, objectField, textField } from '../../domain/json-field.ts';
import { lineOf } from './answer-completion.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { normalizeTask } from './normalize-task.ts';
import { unparsed } from './unparsed.ts';

/** Messages about the agent's own state that say nothing of the run. */
const silent: ReadonlySet<string> = new Set([
  'status',
  'thinking_tokens',
  'session_state_changed',
  'commands_changed',
  'background_tasks_changed',
  'hook_started',
  'hook_progress',
  'hook_response',
  'files_persisted',
  'elicitation_complete',
  'memory_recall',
  'plugin_install',
  'worker_shutting_down',
  'control_request_progress',
  // The tool's result says it as well, and always.
  'permission_denied',
]);

/** Messages of the type `system`, by their subtype. */
export function normalizeSystem(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const subtype = textField(message, 'subtype') ?? '';
  if (silent.has(subtype)) return [];
  if (subtype.startsWith('task_')) return normalizeTask(subtype, message, state);
  switch (subtype) {
    case 'init':
      return brokenServers(message);
    case 'api_retry':
      return [retrying(message)];
    case 'compact_boundary':
      return [compacted(objectField(message, 'compact_metadata'))];
    case 'model_refusal_no_fallback':
      state.refused = true;
      return [warning('model_refused', message)];
    case 'model_refusal_fallback':
      return [warning('model_changed', message)];
    case 'mirror_error':
    case 'session_writes_lost':
      return [warning('agent_history_lost', message)];
    case 'informational':
    case 'notification':
      return [warning('agent_notice', message)];
    case 'local_command_output':
      return [commandOutput(message)];
    default:
      return [unparsed(message)];
  }
}

function commandOutput(message: JsonObject): ProviderEvent {
  const text = textField(message, 'content');
  if (text === undefined) return unparsed(message);
  const messageId = textField(message, 'uuid') ?? 'command';
  const line = lineOf(textField(message, 'parent_tool_use_id'));
  return { type: 'message_received', data: { messageId, role: 'system', text, ...line } };
}

function brokenServers(message: JsonObject): readonly ProviderEvent[] {
  return listField(message, 'mcp_servers').flatMap((server) => {
    const status = textField(server, 'status') ?? '';
    // `pending` servers are still starting; their tools come later.
    if (status === 'connected' || status === 'pending' || status === '') return [];
    const text = `The MCP server ${JSON.stringify(textField(server, 'name') ?? '')} can't be used: ${status}.`;
    return [{ type: 'warning_raised', data: { code: 'mcp_server_unavailable', message: text } }];
  });
}

function retrying(message: JsonObject): ProviderEvent {
  const maximumAttempts = numberField(message, 'max_retries');
  const delay = numberField(message, 'retry_delay_ms');
  const status = numberField(message, 'error_status');
  return {
    type: 'agent_retrying',
    data: {
      attempt: numberField(message, 'attempt') ?? 1,
      ...(maximumAttempts === undefined ? {} : { maximumAttempts }),
      ...(delay === undefined ? {} : { delay }),
      ...(status === undefined ? {} : { status }),
      reason: textField(message, 'error') ?? 'unknown',
    },
  };
}

function compacted(metadata: JsonObject): ProviderEvent {
  const tokensBefore = numberField(metadata, 'pre_tokens');
  const tokensAfter = numberField(metadata, 'post_tokens');
  return {
    type: 'context_compacted',
    data: {
      trigger: textField(metadata, 'trigger') ?? 'unknown',
      ...(tokensBefore === undefined ? {} : { tokensBefore }),
      ...(tokensAfter === undefined ? {} : { tokensAfter }),
    },
  };
}

function warning(code: string, message: JsonObject): ProviderEvent {
  const text = textField(message, 'content') ?? textField(message, 'text') ?? textField(message, 'error');
  return { type: 'warning_raised', data: { code, message: text ?? JSON.stringify(message).slice(0, 2_000) } };
}

/** What the model service says about the account's limits. */
export function normalizeRateLimit(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const info = objectField(message, 'rate_limit_info');
  const status = textField(info, 'status') ?? 'unknown';
  const seconds = numberField(info, 'resetsAt');
  // Given in seconds; told apart from milliseconds by size, should that ever change.
  const resetsAt = seconds === undefined ? undefined : seconds < 1e11 ? seconds * 1_000 : seconds;
  const kind = textField(info, 'rateLimitType');
  const utilization = numberField(info, 'utilization');
  const goesOn = fieldOf(info, 'isUsingOverage') === true;
  state.limitResetsAt = status === 'rejected' && !goesOn ? resetsAt : undefined;
  return [
    {
      type: 'rate_limit_updated',
      data: {
        status,
        ...(resetsAt === undefined ? {} : { resetsAt }),
        ...(kind === undefined ? {} : { kind }),
        ...(utilization === undefined ? {} : { utilization }),
      },
    },
  ];
}
