import type { Cost } from '../domain/cost.ts';
import type { ErrorRecord } from '../domain/error.ts';
import type { Event, LogEvent } from '../domain/event.ts';
import type { ApprovalEventData, RunEndData, ToolResultData } from '../domain/event-data.ts';
import type { TokenUsage } from '../domain/usage.ts';
import { formatCost, tokenTotals } from './figure-format.ts';
import type { Palette } from './palette.ts';
import { jsonValue, numberValue, textValue, type VerboseEvent, type VerboseField } from './verbose-line.ts';

type LineEvent = Exclude<LogEvent, Event<'message_streamed' | 'reasoning_streamed'>>;

const contentLength = 2_000;

/** What the verbose renderer says about an event. */
export function verboseFields(event: LineEvent): VerboseEvent {
  const line = (color: keyof Palette, ...fields: readonly VerboseField[]): VerboseEvent => ({
    tag: event.type,
    color,
    fields,
  });
  switch (event.type) {
    case 'session_created':
      return line(
        'blue',
        ['session_id', textValue(event.sessionId)],
        ['provider', textValue(event.data.provider)],
        ['cwd', textValue(event.data.cwd)],
        ['title', textValue(event.data.title)],
        ['forked_from', textValue(event.data.forkedFrom?.sessionId)],
      );
    case 'session_activated':
    case 'session_paused':
    case 'session_resumed':
    case 'session_completed':
      return line('blue', ['session_id', textValue(event.sessionId)]);
    case 'session_failed':
      return line('red', ['session_id', textValue(event.sessionId)], ...errorFields(event.data.error));
    case 'session_cancelled':
      return line(
        'red',
        ['session_id', textValue(event.sessionId)],
        ['reason', textValue(event.data.reason)],
      );
    case 'run_created':
      return line(
        'blue',
        ['run_id', textValue(event.runId)],
        ['provider', textValue(event.data.provider)],
        ['options', jsonValue(event.data.options)],
      );
    case 'run_queued':
    case 'run_moved':
      return line('blue', ['run_id', textValue(event.runId)], ['position', String(event.data.position)]);
    case 'run_started':
      return line(
        'blue',
        ['provider', textValue(event.data.requested.provider)],
        ['model', textValue(event.data.requested.model)],
        ['session_id', textValue(event.sessionId)],
        ['run_id', textValue(event.runId)],
        ['permission_mode', textValue(event.data.requested.permissionMode)],
        ['cwd', textValue(event.data.requested.cwd)],
      );
    case 'run_completed':
      return line('blue', ...runEndFields(event.data), [
        'interrupted',
        event.data.interrupted ? 'true' : undefined,
      ]);
    case 'run_failed':
    case 'run_timed_out':
      return line('red', ...errorFields(event.data.error), ...runEndFields(event.data));
    case 'run_cancelled':
      return line('red', ['reason', textValue(event.data.reason)], ...runEndFields(event.data));
    case 'run_cancel_requested':
      return line(
        'dim',
        ['request_id', textValue(event.data.requestId)],
        ['reason', textValue(event.data.reason)],
      );
    case 'run_interrupt_requested':
      return line('dim', ['request_id', textValue(event.data.requestId)]);
    case 'run_steer_requested':
      return line(
        'dim',
        ['request_id', textValue(event.data.requestId)],
        ['content', textValue(event.data.message.text, contentLength)],
      );
    case 'run_interrupted':
    case 'run_steered':
      return line(
        'blue',
        ['request_id', textValue(event.data.requestId)],
        ['as', event.data.as],
        ['reason', textValue(event.data.reason)],
      );
    case 'run_parked':
      return line('magenta', ...approvalFields(event.data));
    case 'run_resumed':
      return line(
        'blue',
        ['from', event.data.from],
        ['approvals', textValue(event.data.approvalIds.join(','))],
        ['content', textValue(event.data.message, contentLength)],
      );
    case 'tool_approval_requested':
      return line(
        'magenta',
        ...approvalFields(event.data),
        ['name', textValue(event.data.name)],
        ['input', jsonValue(event.data.input)],
        ['reason', textValue(event.data.reason)],
        ['deadline', numberValue(event.data.deadline)],
        ['on_expiry', event.data.onExpiry],
      );
    case 'tool_approval_granted':
      return line(
        'green',
        ...approvalFields(event.data),
        ['decision', jsonValue(event.data.decision)],
        ['by', textValue(event.data.by)],
        ['reason', textValue(event.data.reason)],
      );
    case 'tool_approval_denied':
      return line(
        'red',
        ...approvalFields(event.data),
        ['message', textValue(event.data.message)],
        ['stop', event.data.stop ? 'true' : undefined],
        ['by', textValue(event.data.by)],
        ['reason', textValue(event.data.reason)],
      );
    case 'tool_approval_expired':
      return line('red', ...approvalFields(event.data), ['as', event.data.as]);
    case 'tool_approval_withdrawn':
      return line('dim', ...approvalFields(event.data), ['reason', textValue(event.data.reason)]);
    case 'tool_approval_revoked':
      return line(
        'red',
        ...approvalFields(event.data),
        ['by', textValue(event.data.by)],
        ['reason', textValue(event.data.reason)],
      );
    case 'agent_started':
      return line(
        'blue',
        ['provider', textValue(event.provider)],
        ['model', textValue(event.data.model)],
        ['version', textValue(event.data.version)],
        ['attempt', numberValue(event.attempt)],
        ['continuity', textValue(event.data.continuity)],
        ['handle', textValue(event.data.handle)],
        ['pid', numberValue(event.data.process?.pid)],
        ['tools', numberValue(event.data.tools?.length)],
        [
          'mcp_servers',
          textValue(event.data.mcpServers?.map((server) => `${server.name}:${server.status}`).join(',')),
        ],
      );
    case 'attempt_routed':
      return line(
        'blue',
        ['provider', textValue(event.data.provider)],
        ['routed_provider', textValue(event.data.routedProvider)],
        ['routing_attempt', numberValue(event.data.routingAttempt)],
        ['routing_candidates', textValue(event.data.routingCandidates.join(','))],
        ['failover_from', textValue(event.data.failoverFrom)],
        ['failover_reason', textValue(event.data.failoverReason)],
      );
    case 'conversation_replayed':
      return line(
        'blue',
        ['messages', numberValue(event.data.messages)],
        ['omitted', numberValue(event.data.omitted)],
        ['characters', numberValue(event.data.characters)],
      );
    case 'attempt_failed':
      return line(
        'red',
        ['attempt', numberValue(event.attempt)],
        ...errorFields(event.data.error),
        ['next', textValue(event.data.next)],
        ['delay_ms', numberValue(event.data.delay)],
      );
    case 'agent_retrying':
      return line(
        'magenta',
        ['attempt', numberValue(event.data.attempt)],
        ['of', numberValue(event.data.maximumAttempts)],
        ['delay_ms', numberValue(event.data.delay)],
        ['status', numberValue(event.data.status)],
        ['reason', textValue(event.data.reason)],
      );
    case 'message_sent':
      return line(
        'blue',
        ['role', textValue(event.data.role)],
        ['steering', event.data.steering === true ? 'true' : undefined],
        ['content', textValue(event.data.text, contentLength)],
      );
    case 'message_received':
      return line(
        'blue',
        ['role', textValue(event.data.role)],
        ['parent', textValue(event.data.parentToolCallId)],
        ['content', textValue(event.data.text, contentLength)],
      );
    case 'reasoning_received':
      return line(
        'dim',
        ['parent', textValue(event.data.parentToolCallId)],
        ['content', textValue(event.data.text, contentLength)],
      );
    case 'tool_call_started':
      return line(
        'green',
        ['name', textValue(event.data.name)],
        ['id', textValue(event.data.toolCallId)],
        ['parent', textValue(event.data.lineage?.parentToolCallId)],
        ['input', jsonValue(event.data.input)],
      );
    case 'tool_call_decided':
      return line(
        event.data.decision === 'allow' ? 'green' : 'red',
        ['id', textValue(event.data.toolCallId)],
        ['decision', event.data.decision],
        ['by', textValue(event.data.by)],
        ['approval', textValue(event.data.approvalId)],
        ['reason', textValue(event.data.reason)],
        ['changed_input', jsonValue(event.data.changedInput)],
      );
    case 'tool_output_streamed':
      return line(
        'green',
        ['id', textValue(event.data.toolCallId)],
        ['stream', textValue(event.data.stream)],
        ['text', textValue(event.data.text, contentLength)],
      );
    case 'tool_call_completed':
      return line('green', ...resultFields(event.data));
    case 'tool_call_failed':
      return line('red', ['reason', textValue(event.data.reason)], ...resultFields(event.data));
    case 'subagent_started':
      return line(
        'green',
        ['agent_id', textValue(event.data.agentId)],
        ['agent_type', textValue(event.data.agentType)],
        ['id', textValue(event.data.toolCallId)],
        ['background', event.data.background ? 'true' : undefined],
        ['description', textValue(event.data.description)],
      );
    case 'subagent_completed':
      return line(
        'green',
        ['agent_id', textValue(event.data.agentId)],
        ['id', textValue(event.data.toolCallId)],
        ['status', textValue(event.data.status)],
        ['summary', textValue(event.data.summary, contentLength)],
      );
    case 'plan_updated':
      return line('blue', ['steps', jsonValue(event.data.steps, contentLength)]);
    case 'file_changed':
      return line(
        'green',
        ['change', textValue(event.data.change)],
        ['path', textValue(event.data.path)],
        ['id', textValue(event.data.toolCallId)],
        ['diff_length', numberValue(event.data.diff?.length)],
      );
    case 'turn_completed':
      return line(
        'dim',
        ['stop_reason', textValue(event.data.stopReason)],
        ['model', textValue(event.data.model)],
        ['tokens', event.data.usage === undefined ? undefined : tokenPair(event.data.usage)],
      );
    case 'token_usage_updated':
      return { tag: 'token_usage', color: 'dim', fields: usageFields(event.data.usage, event.data.cost) };
    case 'budget_warning_raised':
      return line(
        'magenta',
        ['budget', textValue(event.data.budget)],
        ['key', textValue(event.data.key)],
        ['unit', textValue(event.data.unit)],
        ['spent', textValue(event.data.spent)],
        ['limit', textValue(event.data.limit)],
      );
    case 'rate_limit_updated':
      return line(
        'magenta',
        ['status', textValue(event.data.status)],
        ['kind', textValue(event.data.kind)],
        ['utilization', numberValue(event.data.utilization)],
        ['resets_at', numberValue(event.data.resetsAt)],
      );
    case 'context_compacted':
      return line(
        'blue',
        ['trigger', textValue(event.data.trigger)],
        ['tokens_before', numberValue(event.data.tokensBefore)],
        ['tokens_after', numberValue(event.data.tokensAfter)],
      );
    case 'policy_violated':
      return line(
        event.data.action === 'warn' ? 'magenta' : 'red',
        ['policy', textValue(event.data.policy)],
        ['kind', event.data.kind],
        ['action', event.data.action],
        ['details', jsonValue(event.data.details)],
      );
    case 'loop_detected':
      return line(
        event.data.action === 'cancel' ? 'red' : 'magenta',
        ['kind', event.data.kind],
        ['times', String(event.data.times)],
        ['action', event.data.action],
        ['calls', jsonValue(event.data.calls)],
        ['agent_id', textValue(event.data.agentId)],
      );
    case 'run_stalled':
      return line(
        'magenta',
        ['state', event.data.state],
        ['silence_ms', String(event.data.silence)],
        ['tool_call_ids', jsonValue(event.data.toolCallIds)],
      );
    case 'watchdog_acted':
      return line(
        'magenta',
        ['step', event.data.step],
        ['as', event.data.as],
        ['reason', textValue(event.data.reason)],
      );
    case 'run_recovered':
      return line('magenta', ['silence_ms', String(event.data.silence)]);
    case 'warning_raised':
      return line(
        'magenta',
        ['code', textValue(event.data.code)],
        ['message', textValue(event.data.message)],
      );
    case 'unparsed':
      return {
        tag: 'event',
        color: 'dim',
        fields: [
          ['type', 'unparsed'],
          ['data', jsonValue(event.data.raw)],
        ],
      };
    case 'unrecognized':
      return {
        tag: 'event',
        color: 'dim',
        fields: [
          ['type', textValue(event.originalType)],
          ['data', jsonValue(event.data)],
        ],
      };
  }
}

function approvalFields(data: ApprovalEventData): readonly VerboseField[] {
  return [
    ['approval', textValue(data.approvalId)],
    ['id', textValue(data.toolCallId)],
  ];
}

function errorFields(error: ErrorRecord): readonly VerboseField[] {
  return [
    ['error_code', textValue(error.code)],
    ['error_message', textValue(error.message, contentLength)],
  ];
}

function runEndFields(data: RunEndData): readonly VerboseField[] {
  const { input, output } = tokenTotals(data.usage);
  return [
    ['stop_reason', textValue(data.stopReason)],
    ['tokens', input + output === 0 ? undefined : `${input}/${output}`],
    ['cost', formatCost(data.cost, 6)],
    ['duration_ms', numberValue(data.durationMs)],
  ];
}

function resultFields(data: ToolResultData): readonly VerboseField[] {
  return [
    ['name', textValue(data.name)],
    ['id', textValue(data.toolCallId)],
    ['exit_code', numberValue(data.exitCode)],
    ['full_length', numberValue(data.fullLength)],
    [
      'output',
      typeof data.output === 'string'
        ? textValue(data.output, contentLength)
        : data.output === null
          ? undefined
          : jsonValue(data.output, contentLength),
    ],
  ];
}

function usageFields(usage: TokenUsage, cost: Cost | undefined): readonly VerboseField[] {
  const { input, output } = tokenTotals(usage);
  return [
    ['input', numberValue(input)],
    ['output', numberValue(output)],
    ['cache_read', usage.cacheReadTokens === 0 ? undefined : numberValue(usage.cacheReadTokens)],
    ['cost', formatCost(cost, 6)],
  ];
}

function tokenPair(usage: TokenUsage): string {
  const { input, output } = tokenTotals(usage);
  return `${input}/${output}`;
}
