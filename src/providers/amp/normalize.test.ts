import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, ProviderEventType } from '../../ports/provider.ts';
import { driftedMessage, textsIn } from '../../testing/message-drift.ts';
import { readRecordedMessages } from '../../testing/recorded-messages.ts';
import { createSeededRandom } from '../../testing/store-contract/seeded-random.ts';
import { createTestHost } from '../../testing/test-host.ts';
import { listField, objectField, textField } from '../../domain/json-field.ts';
import { normalize } from './normalize.ts';
import { createPermissionDelegate } from './permission-delegate.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';
import { buildToolCall } from './tool-call.ts';

function recorded(name: string): readonly JsonObject[] {
  return readRecordedMessages(new URL(`fixtures/${name}.jsonl`, import.meta.url));
}

function eventsOf(
  messages: readonly JsonObject[],
  state = createNormalizerState(),
): readonly ProviderEvent[] {
  return messages.flatMap((message) => normalize(message, state));
}

type EventOf<Type extends ProviderEventType> = Extract<ProviderEvent, { readonly type: Type }>;

function ofType<Type extends ProviderEventType>(
  events: readonly ProviderEvent[],
  type: Type,
): readonly EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

function answer(content: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return { type: 'assistant', message: { content, stop_reason: 'end_turn' }, ...more };
}

function ask(state: NormalizerState, id: string, name: string, parentToolCallId?: string): void {
  const lineage = parentToolCallId === undefined ? undefined : { parentToolCallId };
  state.calls.ask(buildToolCall({ id, name, input: {}, lineage }, new Map()));
}

describe('a recorded run with tools', () => {
  const events = eventsOf(recorded('tools'));

  it('has nothing that was not understood', () => {
    expect(ofType(events, 'unparsed')).toEqual([]);
  });

  it('tells each call once, with its canonical name, its command and its paths', () => {
    expect(ofType(events, 'tool_call_started').map(({ data }) => `${data.tool} ${data.kind}`)).toEqual([
      'bash execute',
      'read read',
      'write edit',
      'edit edit',
      'bash execute',
      'bash execute',
      'read read',
      'undo_edit edit',
      'mcp:lab/add other',
      'nosuchtool other',
    ]);
  });

  it('tells what the tools gave, and which of them failed', () => {
    const ended = events.filter(({ type }) => type === 'tool_call_completed' || type === 'tool_call_failed');
    expect(ended).toMatchObject([
      { data: { output: 'hello from the shell\n', exitCode: 0 } },
      { data: { tool: 'read' } },
      { data: { tool: 'write' } },
      { data: { tool: 'edit' } },
      { type: 'tool_call_failed', data: { output: 'in vain\n', exitCode: 3, reason: 'error' } },
      { type: 'tool_call_failed', data: { output: 'Not that one.\n' } },
      { type: 'tool_call_failed', data: { tool: 'read', reason: 'error' } },
      { data: { tool: 'undo_edit' } },
      { data: { tool: 'mcp:lab/add', output: 'the sum is 42' } },
      { type: 'tool_call_failed', data: { name: 'nosuchtool' } },
    ]);
  });

  it('tells which files changed, with a diff where Amp shows one', () => {
    expect(ofType(events, 'file_changed').map(({ data }) => data)).toMatchObject([
      { path: '/tmp/asm-fixture/project/new.txt', change: 'created' },
      {
        path: '/tmp/asm-fixture/project/old.txt',
        change: 'modified',
        diff: expect.stringContaining('+another line'),
      },
      { change: 'modified', diff: expect.stringContaining('-another line') },
    ]);
  });

  it('adds up what its answers used', () => {
    expect(ofType(events, 'turn_completed').map(({ data }) => data.stopReason)).toEqual([
      'tool_use',
      'tool_use',
      'tool_use',
      'tool_use',
      'end_turn',
    ]);
    expect(ofType(events, 'token_usage_updated').at(-1)?.data.usage).toEqual({
      inputTokens: 6000,
      outputTokens: 280,
      cacheReadTokens: 500,
      cacheWriteTokens: 7,
      reasoningTokens: 0,
    });
  });

  it('tells reasoning and texts, each under its own id', () => {
    expect(ofType(events, 'reasoning_received').map(({ data }) => data.text)).toEqual([
      'Let me look around.',
    ]);
    const texts = ofType(events, 'message_received');
    expect(texts.map(({ data }) => data.text)).toEqual([
      'I look at the folder first.',
      'Now I change something.',
      'All of it is done.',
    ]);
    expect(new Set(texts.map(({ data }) => data.messageId)).size).toBe(3);
  });
});

describe('a subagent', () => {
  it('begins and ends with the call that started it', () => {
    const events = eventsOf(recorded('subagent'));
    expect(ofType(events, 'subagent_started')).toMatchObject([
      { data: { agentType: 'Task', description: 'look around', background: false } },
    ]);
    expect(ofType(events, 'subagent_completed')).toMatchObject([{ data: { status: 'completed' } }]);
  });

  it('takes its own calls along, of which Amp tells no result', () => {
    const [init, prompt, begin, end, ...rest] = recorded('subagent');
    const state = createNormalizerState();
    const before = eventsOf([init ?? {}, prompt ?? {}, begin ?? {}], state);
    const parent = ofType(before, 'tool_call_started')[0]?.data.toolCallId;
    ask(state, 'inner', 'Bash', parent);
    ask(state, 'refused', 'Bash', parent);
    state.calls.deny('refused');
    const after = eventsOf([end ?? {}, ...rest], state);
    expect(ofType(after, 'tool_call_completed').map(({ data }) => data.toolCallId)).toEqual([
      'inner',
      parent,
    ]);
    expect(ofType(after, 'tool_call_failed')).toMatchObject([
      { data: { toolCallId: 'refused', parentToolCallId: parent, reason: 'denied' } },
    ]);
  });
});

describe('an Amp that can not write fast enough', () => {
  it('tells messages again, which counts once', () => {
    const messages = recorded('tools');
    const twice = messages.flatMap((message) => [message, message]);
    expect(eventsOf(twice)).toEqual(eventsOf(messages));
  });

  it('leaves results out: their calls end with the next answer', () => {
    const withoutResults = recorded('tools').filter(({ type }) => type !== 'user');
    const events = eventsOf(withoutResults);
    expect(ofType(events, 'tool_call_completed')).toHaveLength(10);
    expect(ofType(events, 'tool_call_completed')[0]).toMatchObject({ data: { output: null } });
  });

  it('leaves the last answer out: its text is taken from the result', () => {
    const messages = recorded('tools');
    const events = eventsOf(messages.filter((_message, index) => index !== messages.length - 2));
    expect(ofType(events, 'message_received').at(-1)?.data.text).toBe('All of it is done.');
  });

  it('leaves a result and the last answer out: the call ends, too', () => {
    const state = createNormalizerState();
    normalize(answer([{ type: 'tool_use', id: 'x', name: 'Bash', input: { cmd: 'ls' } }]), state);
    const told = normalize({ type: 'result', subtype: 'success', is_error: false, result: 'Done.' }, state);
    expect(told.map(({ type }) => type)).toEqual(['tool_call_completed', 'message_received']);
  });
});

it('tells no end of a call whose question was taken back before it was asked', async () => {
  const state = createNormalizerState();
  const host = createTestHost();
  const delegate = createPermissionDelegate({ host, state, cwd: '/', isStopping: () => false });
  const payload = { toolUseId: 'earlier', toolName: 'create_file', input: { path: 'x' } };
  await delegate.authorize(payload, { signal: AbortSignal.abort() });
  expect(host.questions).toEqual([]);
  expect(normalize({ type: 'result', subtype: 'success', is_error: false }, state)).toEqual([]);
});

describe('what is not known', () => {
  it.each([
    { type: 'something', new: true },
    { type: 'system', subtype: 'later' },
    { type: 'result', subtype: 'later' },
    { type: 'assistant', message: 'a text' },
    { type: 'user', message: { content: 'a text' } },
    {},
  ])('is kept: %j', (message) => {
    expect(normalize(message, createNormalizerState())).toEqual([
      { type: 'unparsed', data: { raw: message } },
    ]);
  });

  it('is kept among pieces that are known', () => {
    const video = { type: 'video', url: 'somewhere' };
    const events = normalize(answer([{ type: 'text', text: 'Look.' }, video]), createNormalizerState());
    expect(ofType(events, 'message_received')).toHaveLength(1);
    expect(ofType(events, 'unparsed')).toMatchObject([{ data: { raw: video } }]);
  });
});

it('cuts an output of a tool that is too long, and says how long it was', () => {
  const result = { type: 'tool_result', tool_use_id: 'x', content: 'x'.repeat(300_000) };
  const events = normalize({ type: 'user', message: { content: [result] } }, createNormalizerState());
  expect(ofType(events, 'tool_call_completed')).toMatchObject([{ data: { fullLength: 300_000 } }]);
  expect(JSON.stringify(events).length).toBeLessThan(263_000);
});

/** Fields of a piece that say nothing. */
const wordless: ReadonlySet<string> = new Set(['type', 'id', 'tool_use_id', 'name']);

function saidIn(message: JsonObject): readonly string[] {
  return listField(objectField(message, 'message'), 'content')
    .filter((piece) => message['type'] === 'assistant' || textField(piece, 'type') === 'tool_result')
    .flatMap((piece) => textsIn(piece, wordless))
    .filter((text) => text.length > 3);
}

/** True when a text was told, or what it says as JSON was. */
function isHeard(text: string, heard: string): boolean {
  if (heard.includes(text)) return true;
  try {
    const value: unknown = JSON.parse(text);
    return (
      (isJsonObject(value) || Array.isArray(value)) &&
      textsIn(value, wordless).every((one) => heard.includes(one))
    );
  } catch {
    return false;
  }
}

it('loses no text, and never throws, when the fields of messages go, come and change their names', () => {
  const runs = ['tools', 'subagent', 'failure'].map(recorded);
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = createSeededRandom(seed);
    for (const messages of runs) {
      const changed = messages.map((message) => driftedMessage(message, random));
      const heard = eventsOf(changed)
        .flatMap((event) => textsIn(event.data))
        .join('\n');
      const left = changed.map((message) => new Set(textsIn(message)));
      const said = messages.flatMap((message, index) =>
        saidIn(message).filter((text) => left[index]?.has(text)),
      );
      expect(
        said.filter((text) => !isHeard(text, heard)),
        `seed ${seed}`,
      ).toEqual([]);
    }
  }
});
