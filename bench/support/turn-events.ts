import type { EventDraft, LogEvent } from '../../src/domain/event.ts';
import { brandId } from '../../src/domain/id.ts';
import { tokenUsage } from '../../src/domain/usage.ts';
import { sampleText } from './sample-event.ts';

const usage = tokenUsage({ inputTokens: 100, outputTokens: 50 });

/** Turns of 26 events each: 20 pieces of text, a tool call, usage, the whole message and the run's ends. */
export function turnEvents(turns: number): readonly LogEvent[] {
  const sessionId = brandId('session', 'ses_bench');
  const runId = brandId('run', 'run_bench');
  return Array.from({ length: turns }, (_, turn) => draftsOf(turn))
    .flat()
    .map((draft, index) => ({
      sessionId,
      runId,
      seq: index + 1,
      position: index + 1,
      time: 1_790_000_000_000 + index,
      provider: 'claude',
      ...draft,
    }));
}

function draftsOf(turn: number): readonly EventDraft[] {
  const messageId = `m${turn}`;
  const tool = { toolCallId: `t${turn}`, name: 'Bash', tool: 'bash' } as const;
  const requested = {
    provider: 'claude',
    model: 'claude-sonnet-4-5',
    permissionMode: 'default',
    continuation: 'none',
  } as const;
  const pieces = Array.from({ length: 20 }, (_, piece): EventDraft => ({
    type: 'message_streamed',
    data: { messageId, text: sampleText(turn * 20 + piece, 32) },
  }));
  return [
    { type: 'run_started', data: { requested } },
    ...pieces,
    { type: 'tool_call_started', data: { ...tool, kind: 'execute', input: { command: 'npm test' } } },
    { type: 'tool_call_completed', data: { ...tool, output: 'result '.repeat(29).slice(0, 200) } },
    { type: 'token_usage_updated', data: { usage } },
    { type: 'message_received', data: { messageId, role: 'assistant', text: 'word '.repeat(40) } },
    { type: 'run_completed', data: { usage, stopReason: 'end_turn', interrupted: false } },
  ];
}
