import fastCheck from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, ProviderEventType } from '../../ports/provider.ts';
import { readFixture } from './fixtures/read-fixture.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';
import { createUsageMeter } from './usage-meter.ts';

function freshState(denied: readonly string[] = []): NormalizerState {
  return createNormalizerState({ usage: createUsageMeter('nothing'), isDenied: (id) => denied.includes(id) });
}

function normalizeAll(messages: readonly JsonObject[], state = freshState()): readonly ProviderEvent[] {
  return messages.flatMap((message) => normalize(message, state));
}

function dataOf<Type extends ProviderEventType>(
  events: readonly ProviderEvent[],
  type: Type,
): readonly Extract<ProviderEvent, { readonly type: Type }>['data'][];
function dataOf(events: readonly ProviderEvent[], type: string): readonly unknown[] {
  return events.filter((event) => event.type === type).map((event) => event.data);
}

/** The pieces of each id, put together. */
function streamedTexts(
  events: readonly ProviderEvent[],
  type: 'message_streamed' | 'reasoning_streamed',
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { messageId, text } of dataOf(events, type))
    texts.set(messageId, (texts.get(messageId) ?? '') + text);
  return texts;
}

describe('normalize, on what the real program wrote', () => {
  const tools = normalizeAll(readFixture('tools'));

  it('knows every message', () => {
    for (const name of ['tools', 'subagent-foreground', 'subagent-background', 'compaction']) {
      expect(dataOf(normalizeAll(readFixture(name)), 'unparsed')).toEqual([]);
    }
  });

  it('gives each text whole, and in pieces that make it', () => {
    expect(dataOf(tools, 'message_received').map(({ text }) => text)).toEqual([
      'I will look.',
      'Now I write.',
      'All done.',
    ]);
    for (const name of ['tools', 'subagent-foreground', 'subagent-background']) {
      const events = normalizeAll(readFixture(name));
      const received = new Map(
        dataOf(events, 'message_received').map(({ messageId, text }) => [messageId, text]),
      );
      expect(received).toEqual(streamedTexts(events, 'message_streamed'));
      const reasoned = new Map(
        dataOf(events, 'reasoning_received').map(({ messageId, text }) => [messageId, text]),
      );
      expect(reasoned).toEqual(streamedTexts(events, 'reasoning_streamed'));
    }
    expect(dataOf(tools, 'reasoning_received').map(({ text }) => text)).toEqual(['Let me think about this.']);
  });

  it('gives every tool call one start and one end, with the exit codes of commands', () => {
    const started = dataOf(tools, 'tool_call_started');
    expect(started.map(({ tool, kind }) => [tool, kind])).toEqual([
      ['bash', 'execute'],
      ['bash', 'execute'],
      ['write', 'edit'],
      ['read', 'read'],
      ['edit', 'edit'],
      ['nope', 'other'],
      ['task_create', 'internal'],
      ['task_update', 'internal'],
      ['plan_write', 'internal'],
      ['tool_search', 'internal'],
    ]);
    const ends = [...dataOf(tools, 'tool_call_completed'), ...dataOf(tools, 'tool_call_failed')];
    expect(ends.map(({ toolCallId }) => toolCallId).toSorted()).toEqual(
      started.map(({ toolCallId }) => toolCallId).toSorted(),
    );
    expect(dataOf(tools, 'tool_call_completed')[0]).toMatchObject({
      tool: 'bash',
      output: 'one\nerr',
      exitCode: 0,
    });
    expect(dataOf(tools, 'tool_call_failed')[0]).toMatchObject({
      tool: 'bash',
      output: 'Exit code 3',
      exitCode: 3,
      reason: 'error',
    });
  });

  it('tells of changed files, with a diff', () => {
    expect(dataOf(tools, 'file_changed')).toMatchObject([
      { path: 'a.txt', change: 'created', diff: '--- /dev/null\n+++ a.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n' },
      {
        path: 'a.txt',
        change: 'modified',
        diff: '--- a.txt\n+++ a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n',
      },
    ]);
  });

  it('follows the list of steps', () => {
    expect(dataOf(tools, 'plan_updated').map(({ steps }) => steps)).toEqual([
      [{ text: 'First', status: 'pending' }],
      [{ text: 'First', status: 'in_progress' }],
    ]);
  });

  it('says what each answer used and what the run used', () => {
    const turns = dataOf(tools, 'turn_completed');
    expect(turns).toHaveLength(7);
    expect(turns[0]).toMatchObject({
      stopReason: 'tool_use',
      model: 'claude-sonnet-4-5',
      usage: { inputTokens: 1000, outputTokens: 50 },
    });
    expect(turns.at(-1)).toMatchObject({
      stopReason: 'end_turn',
      usage: { inputTokens: 2000, cacheReadTokens: 500, outputTokens: 80 },
    });
    expect(dataOf(tools, 'token_usage_updated').at(-1)).toMatchObject({
      usage: { inputTokens: 8000, cacheReadTokens: 500, outputTokens: 380 },
      byModel: { 'claude-sonnet-4-5': { inputTokens: 8000 } },
      cost: { usd: '0.02985', source: 'provider' },
    });
  });

  it.each([
    ['subagent-foreground', false, 3400],
    ['subagent-background', true, 4400],
  ])('tells of a subagent with its lineage: %s', (name, background, inputTokens) => {
    const events = normalizeAll(readFixture(name));
    const [call] = dataOf(events, 'tool_call_started');
    const [agent] = dataOf(events, 'subagent_started');
    expect(call).toMatchObject({ tool: 'agent', kind: 'agent' });
    expect(agent).toMatchObject({
      toolCallId: call?.toolCallId,
      agentType: 'general-purpose',
      description: 'a sub',
      background,
    });
    const lineage = {
      parentToolCallId: call?.toolCallId,
      agentId: agent?.agentId,
      agentType: 'general-purpose',
    };
    expect(dataOf(events, 'tool_call_started')[1]).toMatchObject({ tool: 'bash', lineage });
    const said = dataOf(events, 'message_received').filter(
      ({ parentToolCallId }) => parentToolCallId === call?.toolCallId,
    );
    expect(said.map(({ text }) => text)).toEqual(['Sub looks.', 'Sub answer.']);
    expect(dataOf(events, 'subagent_completed')).toMatchObject([
      { agentId: agent?.agentId, status: 'completed', summary: 'Sub answer.' },
    ]);
    // The agent's own figures of the turn leave the subagent out.
    expect(dataOf(events, 'token_usage_updated').at(-1)?.usage.inputTokens).toBe(inputTokens);
  });
});

it('tells of a compacted conversation', () => {
  const events = normalizeAll(readFixture('compaction'));
  expect(dataOf(events, 'context_compacted')).toMatchObject([{ trigger: 'manual', tokensBefore: 1050 }]);
});

describe('normalize, on other messages', () => {
  it('keeps what it does not know', () => {
    const raw = { type: 'made_up', value: [1] };
    expect(normalizeAll([raw])).toEqual([{ type: 'unparsed', data: { raw } }]);
    const inside = { type: 'system', subtype: 'made_up' };
    expect(normalizeAll([inside])).toEqual([{ type: 'unparsed', data: { raw: inside } }]);
  });

  it('never throws, whatever comes', () => {
    const kinds = ['stream_event', 'assistant', 'user', 'system', 'result', 'rate_limit_event'];
    const name = fastCheck.constantFrom(
      'type',
      'subtype',
      'message',
      'content',
      'event',
      'id',
      'task_id',
      'delta',
      'usage',
    );
    const message = fastCheck.record({ type: fastCheck.constantFrom(...kinds), subtype: fastCheck.string() });
    const extra = fastCheck.dictionary(name, fastCheck.jsonValue());
    const anything = fastCheck.property(
      fastCheck.array(fastCheck.tuple(message, extra), { maxLength: 5 }),
      (parts) => {
        const state = freshState();
        for (const [base, more] of parts) {
          const parsed: unknown = JSON.parse(JSON.stringify({ ...more, ...base }));
          if (isJsonObject(parsed)) normalize(parsed, state);
        }
      },
    );
    expect(() => fastCheck.assert(anything)).not.toThrow();
  });

  it('tells of retries, limits and compaction', () => {
    const events = normalizeAll([
      {
        type: 'system',
        subtype: 'api_retry',
        attempt: 2,
        max_retries: 10,
        retry_delay_ms: 1095,
        error_status: 429,
        error: 'rate_limit',
      },
      {
        type: 'rate_limit_event',
        rate_limit_info: {
          status: 'allowed_warning',
          resetsAt: 1_800_000_000,
          rateLimitType: 'five_hour',
          utilization: 0.9,
        },
      },
      {
        type: 'system',
        subtype: 'compact_boundary',
        compact_metadata: { trigger: 'auto', pre_tokens: 9000, post_tokens: 500 },
      },
    ]);
    expect(events).toEqual([
      {
        type: 'agent_retrying',
        data: { attempt: 2, maximumAttempts: 10, delay: 1095, status: 429, reason: 'rate_limit' },
      },
      {
        type: 'rate_limit_updated',
        data: { status: 'allowed_warning', resetsAt: 1_800_000_000_000, kind: 'five_hour', utilization: 0.9 },
      },
      { type: 'context_compacted', data: { trigger: 'auto', tokensBefore: 9000, tokensAfter: 500 } },
    ]);
  });

  it('says that a broken stream was abandoned, and gives the new answer an id of its own', () => {
    const start = (id: string): JsonObject => ({
      type: 'stream_event',
      event: { type: 'message_start', message: { id, model: 'm' } },
    });
    const block: JsonObject = {
      type: 'stream_event',
      event: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    };
    const piece = (text: string): JsonObject => ({
      type: 'stream_event',
      event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    });
    const whole: JsonObject = {
      type: 'assistant',
      message: { id: 'b', model: 'm', content: [{ type: 'text', text: 'whole' }] },
    };
    const events = normalizeAll([start('a'), block, piece('ha'), start('b'), block, piece('who'), whole]);
    expect(events.map(({ type }) => type)).toEqual([
      'message_streamed',
      'warning_raised',
      'message_streamed',
      'message_streamed',
      'message_received',
    ]);
    expect(streamedTexts(events, 'message_streamed')).toEqual(
      new Map([
        ['a:0', 'ha'],
        ['b:0', 'whole'],
      ]),
    );
    expect(dataOf(events, 'message_received')).toEqual([
      { messageId: 'b:0', role: 'assistant', text: 'whole' },
    ]);
  });

  it('tells a refused and an interrupted call from one that failed', () => {
    const call = (id: string): JsonObject => ({
      type: 'assistant',
      message: { id: 'm', content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] },
    });
    const failure = (id: string): JsonObject => ({
      type: 'user',
      message: { content: [{ type: 'tool_result', tool_use_id: id, is_error: true, content: 'x' }] },
    });
    const state = freshState(['denied']);
    const before = normalizeAll(
      [call('denied'), call('other'), failure('denied'), failure('other'), call('late')],
      state,
    );
    state.interrupted = true;
    const after = normalizeAll([failure('late')], state);
    expect(dataOf([...before, ...after], 'tool_call_failed').map(({ reason }) => reason)).toEqual([
      'denied',
      'error',
      'interrupted',
    ]);
  });

  it('tells the whole exit code of a command, and only that of a command', () => {
    const failure = (id: string, name: string, content: string): readonly JsonObject[] => [
      { type: 'assistant', message: { id: 'm', content: [{ type: 'tool_use', id, name, input: {} }] } },
      {
        type: 'user',
        message: { content: [{ type: 'tool_result', tool_use_id: id, is_error: true, content }] },
      },
    ];
    const events = normalizeAll([
      ...failure('1', 'Bash', 'Exit code 127\nnot found'),
      ...failure('2', 'Read', 'Exit code 1'),
      ...failure('3', 'Bash', 'It said: Exit code 1'),
    ]);
    expect(dataOf(events, 'tool_call_failed').map(({ exitCode }) => exitCode)).toEqual([
      127,
      undefined,
      undefined,
    ]);
  });

  it('takes what stands beside several results for none of them', () => {
    const calls = ['1', '2'].map((id) => ({ type: 'tool_use', id, name: 'Bash', input: {} }));
    const results = ['1', '2'].map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'x' }));
    const ended = (content: readonly JsonObject[]): readonly (number | undefined)[] => {
      const told = normalizeAll([
        { type: 'assistant', message: { id: 'm', content: calls } },
        { type: 'user', message: { content: [...content] }, tool_use_result: { interrupted: false } },
      ]);
      return dataOf(told, 'tool_call_completed').map(({ exitCode }) => exitCode);
    };
    expect(ended(results.slice(0, 1))).toEqual([0]);
    expect(ended(results)).toEqual([undefined, undefined]);
  });
});
