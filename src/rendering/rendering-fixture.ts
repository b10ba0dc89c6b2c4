import type { Event, EventDraft, EventType, LogEvent } from '../domain/event.ts';
import { brandId } from '../domain/id.ts';
import { tokenUsage } from '../domain/usage.ts';

/** Numbers drafts as a store would; a second apart. */
export function logOf(...drafts: readonly EventDraft[]): readonly Event[] {
  return drafts.map((draft, index) => ({ ...envelope(index + 1), ...draft }));
}

export function eventOf<Type extends EventType>(type: Type, data: EventDraft<Type>['data']): Event {
  const draft: EventDraft = { type, data } as EventDraft;
  return { ...envelope(1), ...draft };
}

export function envelope(seq: number): Pick<
  LogEvent,
  'sessionId' | 'seq' | 'position' | 'time' | 'runId' | 'attempt' | 'provider'
> & {
  readonly runId: NonNullable<LogEvent['runId']>;
  readonly attempt: number;
  readonly provider: string;
} {
  return {
    sessionId: brandId('session', 'ses_0001'),
    seq,
    position: seq,
    time: 1_790_000_000_000 + seq * 1_000,
    runId: brandId('run', 'run_0001'),
    attempt: 1,
    provider: 'claude',
  };
}

export async function* stream(events: readonly LogEvent[]): AsyncGenerator<LogEvent> {
  yield* events;
}

const usage = tokenUsage({ inputTokens: 234, cacheReadTokens: 11_000, outputTokens: 567 });
const toolResult = { name: 'Bash', tool: 'bash' } as const;

const asked = { approvalId: brandId('approval', 'apr_1'), toolCallId: 't6' };

/** A run as an agent makes it: text in pieces, parallel tools, a failure, a subagent, a plan. */
export function realisticLog(): readonly Event[] {
  return logOf(
    { type: 'session_created', data: { provider: 'claude', cwd: '/work/sum' } },
    { type: 'run_created', data: { provider: 'claude', options: {} } },
    { type: 'run_queued', data: { position: 2 } },
    { type: 'run_moved', data: { position: 1 } },
    {
      type: 'run_started',
      data: {
        requested: {
          provider: 'claude',
          model: 'claude-sonnet-4-5-20250929',
          permissionMode: 'default',
          continuation: 'none',
        },
      },
    },
    { type: 'message_sent', data: { role: 'user', text: 'Make the failing\ntest pass' } },
    {
      type: 'agent_started',
      data: { version: '2.1.0', model: 'claude-sonnet-4-5-20250929', continuity: 'fresh', handle: 'h-1' },
    },
    { type: 'reasoning_streamed', data: { messageId: 'm0', text: 'The test is in ' } },
    { type: 'reasoning_streamed', data: { messageId: 'm0', text: 'sum.test.ts.' } },
    { type: 'reasoning_received', data: { messageId: 'm0', text: 'The test is in sum.test.ts.' } },
    { type: 'message_streamed', data: { messageId: 'm1', text: "I'll look at it" } },
    { type: 'message_streamed', data: { messageId: 'm1', text: ' first: ünï \ud83d' } },
    { type: 'message_streamed', data: { messageId: 'm1', text: '\ude80.\n\n- one\n- two\n' } },
    {
      type: 'message_received',
      data: { messageId: 'm1', role: 'assistant', text: "I'll look at it first: ünï 🚀.\n\n- one\n- two\n" },
    },
    {
      type: 'tool_call_started',
      data: { toolCallId: 't1', name: 'Read', tool: 'read', kind: 'read', input: { file_path: 'sum.ts' } },
    },
    {
      type: 'tool_call_started',
      data: { toolCallId: 't2', name: 'Bash', tool: 'bash', kind: 'execute', input: { command: 'npm test' } },
    },
    { type: 'tool_call_decided', data: { toolCallId: 't2', decision: 'allow', by: 'caller' } },
    {
      type: 'tool_call_completed',
      data: { toolCallId: 't1', name: 'Read', tool: 'read', output: '1\tconst a = 1;\n2\texport {};\n' },
    },
    { type: 'tool_output_streamed', data: { toolCallId: 't2', stream: 'stdout', text: 'FAIL sum\n  exp' } },
    { type: 'tool_output_streamed', data: { toolCallId: 't2', stream: 'stdout', text: 'ected 3\n' } },
    {
      type: 'tool_call_failed',
      data: {
        ...toolResult,
        toolCallId: 't2',
        output: 'FAIL sum\n  expected 3\n',
        exitCode: 1,
        durationMs: 3_200,
        reason: 'error',
      },
    },
    {
      type: 'plan_updated',
      data: {
        steps: [
          { text: 'Read', status: 'completed' },
          { text: 'Fix', status: 'in_progress' },
        ],
      },
    },
    {
      type: 'tool_call_started',
      data: {
        toolCallId: 't3',
        name: 'Task',
        tool: 'task',
        kind: 'agent',
        input: { description: 'Explore code', prompt: 'x' },
      },
    },
    {
      type: 'subagent_started',
      data: { agentId: 'a1', toolCallId: 't3', agentType: 'Explore', background: false },
    },
    {
      type: 'tool_call_started',
      data: {
        toolCallId: 't4',
        name: 'Grep',
        tool: 'grep',
        kind: 'search',
        input: { pattern: 'sum', path: 'src' },
        lineage: { parentToolCallId: 't3', agentId: 'a1' },
      },
    },
    {
      type: 'tool_call_completed',
      data: { toolCallId: 't4', name: 'Grep', tool: 'grep', output: 'a.ts\nb.ts', parentToolCallId: 't3' },
    },
    {
      type: 'message_received',
      data: { messageId: 'm2', role: 'assistant', text: 'Two files.\nBoth small.', parentToolCallId: 't3' },
    },
    { type: 'subagent_completed', data: { agentId: 'a1', toolCallId: 't3', status: 'completed' } },
    {
      type: 'tool_call_completed',
      data: {
        toolCallId: 't3',
        name: 'Task',
        tool: 'task',
        output: [{ type: 'text', text: 'Two files.' }],
        durationMs: 65_000,
      },
    },
    {
      type: 'tool_call_started',
      data: {
        toolCallId: 't5',
        name: 'Edit',
        tool: 'edit',
        kind: 'edit',
        input: { file_path: 'sum.ts', old_string: 'a', new_string: 'b' },
      },
    },
    {
      type: 'file_changed',
      data: { path: 'sum.ts', change: 'modified', toolCallId: 't5', diff: '--- a\n+++ b\n-a\n+b\n+c' },
    },
    {
      type: 'tool_call_completed',
      data: { toolCallId: 't5', name: 'Edit', tool: 'edit', output: { ok: true } },
    },
    {
      type: 'tool_call_started',
      data: { toolCallId: 't6', name: 'Bash', tool: 'bash', kind: 'execute', input: { command: 'rm -rf /' } },
    },
    {
      type: 'tool_approval_requested',
      data: {
        ...asked,
        name: 'Bash',
        tool: 'bash',
        kind: 'execute',
        input: { command: 'rm -rf /' },
        reason: 'Bash needs a permission.',
        deadline: 1_790_000_000_000,
        onExpiry: 'deny',
      },
    },
    { type: 'tool_approval_expired', data: { ...asked, as: 'deny' } },
    { type: 'tool_approval_withdrawn', data: { ...asked, reason: 'The run was cancelled.' } },
    {
      type: 'tool_approval_granted',
      data: { ...asked, decision: { as: 'allow' }, by: 'ada', reason: 'fine' },
    },
    { type: 'tool_approval_revoked', data: { ...asked, by: 'ada', reason: 'done with it' } },
    { type: 'run_parked', data: asked },
    { type: 'run_resumed', data: { from: 'parked', approvalIds: [asked.approvalId] } },
    { type: 'tool_approval_denied', data: { ...asked, message: 'Not that.', stop: false, by: 'ada' } },
    {
      type: 'tool_call_decided',
      data: { toolCallId: 't6', decision: 'deny', by: 'rule', reason: 'deletes files' },
    },
    {
      type: 'tool_call_failed',
      data: { ...toolResult, toolCallId: 't6', output: 'deletes files', reason: 'denied' },
    },
    {
      type: 'policy_violated',
      data: {
        policy: 'team',
        kind: 'tool_denied',
        action: 'warn',
        details: { toolCallId: 't6', tool: 'bash', rule: 'deny bash(rm)', reason: 'it runs rm' },
      },
    },
    {
      type: 'loop_detected',
      data: {
        kind: 'same_call',
        times: 5,
        calls: [{ toolCallId: 't6', name: 'Bash', tool: 'bash' }],
        reason: 'The agent made the same call of Bash 5 times in a row, with the same result.',
        action: 'warn',
      },
    },
    { type: 'run_stalled', data: { state: 'streaming', silence: 300_000, toolCallIds: [] } },
    { type: 'watchdog_acted', data: { step: 'nudge', as: 'skipped', reason: 'It takes no message.' } },
    { type: 'watchdog_acted', data: { step: 'interrupt', as: 'done' } },
    { type: 'run_recovered', data: { silence: 301_000 } },
    {
      type: 'agent_retrying',
      data: { attempt: 1, maximumAttempts: 10, delay: 500, status: 529, reason: 'overloaded' },
    },
    { type: 'warning_raised', data: { code: 'late_messages', message: 'One message came late.' } },
    {
      type: 'budget_warning_raised',
      data: { budget: 'daily', key: 'team', unit: 'usd', spent: '4.02', limit: '4' },
    },
    {
      type: 'rate_limit_updated',
      data: { status: 'allowed_warning', utilization: 0.87, resetsAt: 1_790_000_000_000 },
    },
    { type: 'context_compacted', data: { trigger: 'auto', tokensBefore: 150_000, tokensAfter: 20_000 } },
    { type: 'message_streamed', data: { messageId: 'm3', text: 'Fixed.' } },
    { type: 'message_received', data: { messageId: 'm3', role: 'assistant', text: 'Fixed.' } },
    { type: 'turn_completed', data: { messageId: 'm3', stopReason: 'end_turn' } },
    { type: 'unparsed', data: { raw: { type: 'novelty' } } },
    { type: 'token_usage_updated', data: { usage, cost: { usd: '0.01485', source: 'provider' } } },
    {
      type: 'run_completed',
      data: {
        usage,
        cost: { usd: '0.01485', source: 'provider' },
        stopReason: 'end_turn',
        durationMs: 12_345,
        interrupted: false,
      },
    },
  );
}
