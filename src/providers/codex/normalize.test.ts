import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, ProviderEventType } from '../../ports/provider.ts';
import { readFixture } from './fixtures/read-fixture.ts';
import { objectField, textField } from './native-fields.ts';
import { normalize, silentNotifications } from './normalize.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';

/** The state of a run of this recording. */
function stateOf(messages: readonly JsonObject[]): NormalizerState {
  const started = messages.find(({ method }) => method === 'thread/started');
  const thread = objectField(objectField(started, 'params'), 'thread');
  return createNormalizerState({
    thread: textField(thread, 'id') ?? '',
    model: 'gpt-5.5',
    clientTools: new Map([['weather', 'client']]),
  });
}

function take(messages: readonly JsonObject[], state = stateOf(messages)): readonly ProviderEvent[] {
  return messages.flatMap((message) =>
    normalize(textField(message, 'method') ?? '', objectField(message, 'params'), state),
  );
}

type EventOf<Type extends ProviderEventType> = Extract<ProviderEvent, { readonly type: Type }>;

function ofType<Type extends ProviderEventType>(
  events: readonly ProviderEvent[],
  type: Type,
): readonly EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

describe('a run with tools', () => {
  const events = take(readFixture('tools'));

  test('nothing in it is unknown', () => {
    expect(ofType(events, 'unparsed')).toEqual([]);
  });
  test('tool calls have the names that all agents share, and each has one end', () => {
    const starts = ofType(events, 'tool_call_started');
    expect(starts.map(({ data: { tool, kind } }) => `${tool} ${kind}`)).toEqual([
      'bash execute',
      'bash execute',
      'bash execute',
      'write edit',
      'edit edit',
      'edit edit',
      'edit edit',
      'write edit',
      'mcp:lab/add other',
      'client:weather client',
      'client:weather client',
      'web_search fetch',
    ]);
    const ends = events.flatMap((event) =>
      event.type === 'tool_call_completed' || event.type === 'tool_call_failed' ? event.data.toolCallId : [],
    );
    expect(ends).toEqual(starts.map(({ data: { toolCallId } }) => toolCallId));
  });
  test('commands are told without the shell that runs them, with output and exit code', () => {
    const [first] = ofType(events, 'tool_call_started');
    expect(first?.data.input).toMatchObject({ command: 'echo out; echo err >&2; sleep 0.3; echo more' });
    const [completed] = ofType(events, 'tool_call_completed');
    expect(completed?.data).toMatchObject({ output: 'err\nout\nmore\n', exitCode: 0 });
    expect(
      ofType(events, 'tool_output_streamed')
        .map(({ data: { text } }) => text)
        .join(''),
    ).not.toBe('');
  });
  test('a call that fails says why', () => {
    expect(ofType(events, 'tool_call_failed').map(({ data: { tool, reason } }) => [tool, reason])).toEqual([
      ['bash', 'error'],
      ['bash', 'denied'],
      ['write', 'denied'],
      ['client:weather', 'error'],
    ]);
  });
  test('patches tell what became of each file', () => {
    const changed = ofType(events, 'file_changed');
    expect(changed.map(({ data: { path, change } }) => [path, change])).toEqual([
      ['/project/a.txt', 'created'],
      ['/project/a.txt', 'modified'],
      ['/project/a.txt', 'deleted'],
      ['/project/b.txt', 'created'],
      ['/project/b.txt', 'deleted'],
    ]);
    expect(changed[0]?.data.diff).toBe('--- /dev/null\n+++ /project/a.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n');
    expect(changed[1]?.data.diff).toContain('-one\n+ONE\n');
  });
  test('the pieces of a text are the text, and reasoning is apart', () => {
    const [message] = ofType(events, 'message_received');
    expect(message?.data.text).toBe('I look around.');
    const pieces = ofType(events, 'message_streamed').filter(
      ({ data: { messageId } }) => messageId === message?.data.messageId,
    );
    expect(pieces.map(({ data: { text } }) => text).join('')).toBe('I look around.');
    expect(ofType(events, 'reasoning_received').map(({ data: { text } }) => text)).toEqual(['First a look.']);
  });
  test('answers are counted one by one, and their sum is what the run used', () => {
    const answers = ofType(events, 'turn_completed').map(({ data: { usage } }) => usage?.inputTokens ?? 0);
    const total = ofType(events, 'token_usage_updated').at(-1)?.data.usage.inputTokens;
    expect(answers.length).toBe(12);
    expect(answers.reduce((sum, count) => sum + count, 0)).toBe(total);
  });
});

test('a conversation that goes on counts only what is new', () => {
  const messages = readFixture('tools');
  const state = stateOf(messages);
  const figures = (total: number, last: number): JsonObject => ({
    threadId: state.thread,
    turnId: 'turn-2',
    tokenUsage: {
      total: { inputTokens: total, cachedInputTokens: 40, outputTokens: 30, reasoningOutputTokens: 5 },
      last: { inputTokens: last, cachedInputTokens: 10, outputTokens: 20, reasoningOutputTokens: 5 },
    },
  });
  // What Codex says of earlier turns when it takes the conversation up again.
  expect(normalize('thread/tokenUsage/updated', { ...figures(900, 100), turnId: 'turn-1' }, state)).toEqual(
    [],
  );
  state.turn = 'turn-2';
  normalize('thread/tokenUsage/updated', figures(1_000, 100), state);
  expect(state.usage.usage()).toEqual({
    inputTokens: 90,
    cacheReadTokens: 10,
    cacheWriteTokens: 0,
    outputTokens: 15,
    reasoningTokens: 5,
  });
  expect(normalize('thread/tokenUsage/updated', figures(1_000, 100), state)).toEqual([]);
});

test('a call that is open when the turn is interrupted was stopped', () => {
  const messages = readFixture('interrupt');
  const state = stateOf(messages);
  state.interrupted = true;
  expect(ofType(take(messages, state), 'tool_call_failed').map(({ data: { reason } }) => reason)).toEqual([
    'interrupted',
  ]);
});

test('a call of which Codex never says the end has one when the turn ends', () => {
  const messages = readFixture('interrupt').filter((message) => {
    const item = objectField(objectField(message, 'params'), 'item');
    return message['method'] !== 'item/completed' || textField(item, 'type') !== 'commandExecution';
  });
  const events = take(messages);
  expect(ofType(events, 'tool_call_started').length).toBe(1);
  expect(ofType(events, 'tool_call_failed').map(({ data: { reason } }) => reason)).toEqual(['error']);
});

test('an error that is tried again is a retry, the last one is kept for the end', () => {
  const messages = readFixture('failure');
  const state = stateOf(messages);
  const events = take(messages, state);
  expect(ofType(events, 'agent_retrying').map(({ data: { attempt } }) => attempt)).toEqual([1]);
  expect(textField(state.error, 'codexErrorInfo')).toBe('internalServerError');
  expect(textField(state.ended, 'status')).toBe('failed');
});

test('what a subagent does is told as its own', () => {
  const events = take(readFixture('subagent'));
  const [started] = ofType(events, 'subagent_started');
  expect(started?.data).toMatchObject({ description: 'CHILDTASK', background: true });
  const [completed] = ofType(events, 'subagent_completed');
  expect(completed?.data).toMatchObject({
    agentId: started?.data.agentId,
    status: 'completed',
    summary: 'child says hi',
  });
  const command = ofType(events, 'tool_call_started').find(({ data: { tool } }) => tool === 'bash');
  expect(command?.data.lineage).toEqual({
    parentToolCallId: started?.data.toolCallId,
    agentId: started?.data.agentId,
  });
  expect(ofType(events, 'unparsed')).toEqual([]);
});

describe('what is not known', () => {
  const state = createNormalizerState();
  test.each<[string, JsonObject]>([
    ['never/heard/of', { text: 'hello' }],
    ['item/completed', { item: { type: 'hologram', id: '1', words: 'hello' } }],
    ['item/completed', { item: 'hello' }],
    ['item/agentMessage/delta', { words: 'hello' }],
    ['error', { error: 'hello' }],
    ['turn/plan/updated', { steps: ['hello'] }],
  ])('%s with %j is kept as it is', (method, params) => {
    expect(normalize(method, params, state)).toEqual([
      { type: 'unparsed', data: { raw: { method, params } } },
    ]);
  });
  test.each([...silentNotifications])('%s says nothing of the run', (method) => {
    expect(normalize(method, { any: 'thing' }, state)).toEqual([]);
  });
});

test('the steps of a plan', () => {
  const plan = [
    { step: 'look', status: 'completed' },
    { step: 'write', status: 'inProgress' },
    { step: 'test', status: 'pending' },
  ];
  expect(normalize('turn/plan/updated', { plan }, createNormalizerState())).toEqual([
    {
      type: 'plan_updated',
      data: {
        steps: [
          { text: 'look', status: 'completed' },
          { text: 'write', status: 'in_progress' },
          { text: 'test', status: 'pending' },
        ],
      },
    },
  ]);
});

test('output that floods is cut, and that is said once', () => {
  const state = createNormalizerState();
  const delta = 'x'.repeat(64 * 1024);
  let streamed = 0;
  let warnings = 0;
  for (let piece = 0; piece < 100; piece++) {
    for (const event of normalize('item/commandExecution/outputDelta', { itemId: 'call', delta }, state)) {
      if (event.type === 'tool_output_streamed') streamed += event.data.text.length;
      if (event.type === 'warning_raised') warnings++;
    }
  }
  expect([streamed, warnings]).toEqual([1024 * 1024, 1]);
});
