import fastCheck from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProviderEvent, ProviderEventType } from '../../ports/provider.ts';
import { fixtures, readFixture } from './fixtures/read-fixture.ts';
import { fieldAt, fieldOf, textField } from '../../domain/json-field.ts';
import { endOpenCalls, startCall } from './normalize-call.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';
import { acpPresets } from './presets.ts';
import { createUsageMeter } from './usage-meter.ts';

function freshState(denied: readonly string[] = [], preset = true): NormalizerState {
  return createNormalizerState({
    preset: preset ? acpPresets['claude-agent-acp'] : undefined,
    usage: createUsageMeter({ perConversation: true, before: 'nothing' }),
    isDenied: (id) => denied.includes(id),
  });
}

/** One message as a run takes it; a question tells the start of its call. */
function take(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const parameters = message['params'] ?? null;
  if (message['method'] === 'session/update') return normalize(parameters, state);
  const said = fieldOf(parameters, 'toolCall');
  const call = isJsonObject(said) ? state.calls.merge(said) : undefined;
  return call === undefined ? [] : startCall(call, state);
}

function takeAll(messages: readonly JsonObject[], state = freshState()): readonly ProviderEvent[] {
  const events = messages.flatMap((message) => take(message, state));
  return [...events, ...state.texts.close(), ...endOpenCalls(state)];
}

function dataOf<Type extends ProviderEventType>(
  events: readonly ProviderEvent[],
  type: Type,
): readonly Extract<ProviderEvent, { readonly type: Type }>['data'][];
function dataOf(events: readonly ProviderEvent[], type: string): readonly unknown[] {
  return events.filter((event) => event.type === type).map((event) => event.data);
}

function update(fields: JsonObject): JsonObject {
  return { sessionId: 's', update: fields };
}

describe('normalize, on what a real agent wrote', () => {
  const tools = takeAll(readFixture('tools'));

  it('knows every update', () => {
    for (const name of fixtures) expect(dataOf(takeAll(readFixture(name)), 'unparsed')).toEqual([]);
  });

  it('gives each text whole, and in pieces that make it', () => {
    expect(dataOf(tools, 'message_received').map(({ text }) => text)).toEqual([
      'I look — at «it» 🎈.',
      'Now a failure.',
      'All done.',
    ]);
    expect(dataOf(tools, 'reasoning_received').map(({ text }) => text)).toEqual(['I think first.']);
    for (const { messageId, text } of dataOf(tools, 'message_received')) {
      const pieces = dataOf(tools, 'message_streamed').filter((piece) => piece.messageId === messageId);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      expect(pieces.length).toBeGreaterThan(1);
    }
  });

  it('tells each call once, with its whole input, and its end', () => {
    const starts = dataOf(tools, 'tool_call_started');
    expect(starts.map(({ tool, kind }) => [tool, kind])).toEqual([
      ['read', 'read'],
      ['edit', 'edit'],
      ['write', 'edit'],
      ['task_create', 'internal'],
      ['task_update', 'internal'],
      ['mcp:lab/add', 'other'],
      ['agent', 'agent'],
      ['bash', 'execute'],
      ['bash', 'execute'],
    ]);
    expect(starts[0]?.input).toEqual({ file_path: '/home/user/project/F' });
    const ends = [...dataOf(tools, 'tool_call_completed'), ...dataOf(tools, 'tool_call_failed')];
    expect(new Set(ends.map(({ toolCallId }) => toolCallId))).toEqual(
      new Set(starts.map(({ toolCallId }) => toolCallId)),
    );
    expect(ends).toHaveLength(starts.length);
    expect(dataOf(tools, 'tool_call_failed')).toMatchObject([
      { tool: 'bash', reason: 'error', output: 'Exit code 3\nin-vain' },
    ]);
  });

  it('tells which call of a subagent belongs to which', () => {
    const agent = dataOf(tools, 'tool_call_started').find(({ tool }) => tool === 'agent');
    const inner = dataOf(tools, 'tool_call_started').find(({ input }) => input['command'] === 'touch bysub');
    expect(inner?.lineage).toEqual({ parentToolCallId: agent?.toolCallId });
    expect(dataOf(tools, 'tool_call_completed')).toContainEqual(
      expect.objectContaining({ toolCallId: inner?.toolCallId, parentToolCallId: agent?.toolCallId }),
    );
  });

  it('tells changed files with their differences, and the plan once for each change', () => {
    expect(dataOf(tools, 'file_changed')).toMatchObject([
      { path: 'F', change: 'modified', diff: '--- F\n+++ F\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n' },
      {
        path: '/home/user/project/G',
        change: 'created',
        diff: '--- /dev/null\n+++ /home/user/project/G\n@@ -0,0 +1,1 @@\n+new\n',
      },
    ]);
    expect(dataOf(tools, 'plan_updated').map(({ steps }) => steps)).toEqual([
      [{ text: 'One', status: 'pending' }],
      [{ text: 'x', status: 'in_progress' }],
    ]);
  });

  it('tells a refused call as denied, and a stopped one as interrupted', () => {
    const messages = readFixture('denied');
    expect(dataOf(takeAll(messages, freshState([deniedCall(messages)])), 'tool_call_failed')).toMatchObject([
      { reason: 'denied' },
    ]);
    const state = freshState();
    state.interrupted = true;
    expect(dataOf(takeAll(messages, state), 'tool_call_failed')).toMatchObject([{ reason: 'interrupted' }]);
  });

  it('tells what the agent wants a person to know', () => {
    expect(dataOf(takeAll(readFixture('refused')), 'warning_raised')).toMatchObject([
      { code: 'agent_notice', message: expect.stringContaining('safeguards') as string },
    ]);
  });
});

function deniedCall(messages: readonly JsonObject[]): string {
  const ids = messages.flatMap(
    (message) => textField(fieldAt(message, ['params', 'toolCall']), 'toolCallId') ?? [],
  );
  return ids[0] ?? '';
}

describe('normalize, on agents of which nothing is known', () => {
  it('tells calls when their input is known, and files that were deleted', () => {
    const state = freshState([], false);
    const events = takeAll(
      [
        update({
          sessionUpdate: 'tool_call',
          toolCallId: '1',
          title: 'List',
          kind: 'execute',
          rawInput: { command: ['bash', '-lc', 'ls | wc'] },
        }),
        update({
          sessionUpdate: 'tool_call_update',
          toolCallId: '1',
          status: 'completed',
          rawOutput: { output: '3', exit_code: 0 },
        }),
        update({
          sessionUpdate: 'tool_call',
          toolCallId: '2',
          title: 'Remove',
          kind: 'delete',
          status: 'completed',
          content: [{ type: 'diff', path: '/a', oldText: 'x', newText: '' }],
        }),
      ].map((params) => ({ method: 'session/update', params })),
      state,
    );
    expect(dataOf(events, 'tool_call_started')).toMatchObject([
      { tool: 'bash', kind: 'execute', name: 'List' },
      { tool: 'delete', kind: 'edit', name: 'Remove' },
    ]);
    expect(dataOf(events, 'tool_call_completed')[0]).toMatchObject({ output: '3', exitCode: 0 });
    expect(dataOf(events, 'file_changed')).toMatchObject([{ path: '/a', change: 'deleted' }]);
  });

  it('ends calls that the agent leaves open, and takes nothing late', () => {
    const state = freshState([], false);
    const start = {
      method: 'session/update',
      params: update({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'x', status: 'in_progress' }),
    };
    expect(dataOf(takeAll([start], state), 'tool_call_failed')).toMatchObject([{ toolCallId: '1' }]);
    expect(takeAll([start], state)).toEqual([]);
  });

  it('ends only calls that were told, and the text before a call before it', () => {
    const state = freshState([], false);
    const pending = update({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'x', status: 'pending' });
    const said = update({
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text: 'I look.' },
    });
    const begun = update({
      sessionUpdate: 'tool_call',
      toolCallId: '2',
      title: 'y',
      status: 'in_progress',
    });
    const events = takeAll(
      [pending, said, begun].map((params) => ({ method: 'session/update', params })),
      state,
    );
    expect(events.map(({ type }) => type)).toEqual([
      'message_streamed',
      'message_received',
      'tool_call_started',
      'tool_call_failed',
    ]);
  });

  it('tells whose subagent says something, where the agent does', () => {
    const path = acpPresets['claude-agent-acp'].parentCallMeta ?? [];
    const meta = path.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), 'call-1');
    const chunk = update({
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text: 'from below' },
      _meta: meta,
    });
    const told = normalize(chunk, freshState());
    expect(told).toMatchObject([{ data: { text: 'from below', parentToolCallId: 'call-1' } }]);
  });

  it('tells when the agent changes its mode by itself', () => {
    const state = freshState([], false);
    state.mode = 'ask';
    const changed = update({ sessionUpdate: 'current_mode_update', currentModeId: 'yolo' });
    expect(normalize(changed, state)).toMatchObject([
      { type: 'warning_raised', data: { code: 'agent_mode_changed' } },
    ]);
    expect(normalize(changed, state)).toEqual([]);
  });

  it('cuts a long output and says how long it was', () => {
    const state = freshState([], false);
    const [, end] = normalize(
      update({
        sessionUpdate: 'tool_call',
        toolCallId: '1',
        title: 'x',
        status: 'completed',
        rawOutput: 'y'.repeat(1_000_000),
      }),
      state,
    );
    expect(end).toMatchObject({ type: 'tool_call_completed', data: { fullLength: 1_000_000 } });
    expect(JSON.stringify(end).length).toBeLessThan(300_000);
  });

  it('begins another message before one becomes too long', () => {
    const state = freshState([], false);
    const piece = update({
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text: 'z'.repeat(600_000) },
    });
    const events = [...normalize(piece, state), ...normalize(piece, state), ...state.texts.close()];
    expect(dataOf(events, 'message_received').map(({ text }) => text.length)).toEqual([600_000, 600_000]);
  });

  it('cuts a piece that is too long, but never inside a character', () => {
    const state = freshState([], false);
    const text = `${'z'.repeat(1024 * 1024 - 1)}🎈${'y'.repeat(1024 * 1024)}`;
    const piece = update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
    const events = [...normalize(piece, state), ...state.texts.close()];
    const texts = dataOf(events, 'message_received').map((message) => message.text);
    expect(texts.join('')).toBe(text);
    expect(texts.every((one) => one.length <= 1024 * 1024 && one.isWellFormed())).toBe(true);
  });

  const unknown: readonly JsonValue[] = [
    null,
    'text',
    [],
    {},
    update({ sessionUpdate: 'hologram', content: 1 }),
    update({ sessionUpdate: 'agent_message_chunk', content: { type: 'image', data: 'AAAA' } }),
    update({ sessionUpdate: 'tool_call' }),
    update({ sessionUpdate: 'plan', entries: 'none' }),
    update({ sessionUpdate: 'current_mode_update' }),
    update({ sessionUpdate: 'notice' }),
  ];
  it.each(unknown.map((raw) => [JSON.stringify(raw), raw] as const))('keeps %s as unparsed', (_name, raw) => {
    expect(normalize(raw, freshState([], false))).toEqual([{ type: 'unparsed', data: { raw } }]);
  });

  it('keeps the updates of another conversation as unparsed', () => {
    const state = freshState([], false);
    state.sessionId = 'ours';
    const foreign = update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'x' } });
    expect(normalize(foreign, state)).toEqual([{ type: 'unparsed', data: { raw: foreign } }]);
  });
});

describe('normalize, on messages that were changed at random', () => {
  const messages = fixtures.flatMap(readFixture).filter((message) => message['method'] === 'session/update');

  it('never throws and loses no text', () => {
    const change = fastCheck.record({
      at: fastCheck.nat(),
      how: fastCheck.constantFrom('remove', 'rename', 'add', 'null'),
      value: fastCheck.jsonValue({ maxDepth: 3 }),
    });
    const property = fastCheck.property(
      fastCheck.nat(messages.length - 1),
      fastCheck.array(change, { minLength: 1, maxLength: 4 }),
      (index, changes) => {
        const message = structuredClone(messages[index] ?? {}) as Mutable;
        const text = fieldAt(message as JsonObject, ['params', 'update', 'content', 'text']);
        for (const { at, how, value } of changes) mutate(message, at, how, value as JsonValue);
        const parameters = (message['params'] ?? null) as JsonValue;
        const state = freshState();
        const told = JSON.stringify([
          ...normalize(parameters, state),
          ...state.texts.close(),
          ...endOpenCalls(state),
        ]);
        const kind = textField(fieldOf(parameters, 'update'), 'sessionUpdate') ?? '';
        if (typeof text !== 'string' || text.trim().length < 3 || kind.startsWith('user_')) return;
        if (JSON.stringify(parameters).includes(JSON.stringify(text)))
          expect(told).toContain(JSON.stringify(text));
      },
    );
    fastCheck.assert(property, { numRuns: 5_000, seed: 20_261_125 });
  });
});

type Mutable = Record<string, unknown>;

/** Changes one field anywhere in the message. */
function mutate(message: Mutable, at: number, how: string, value: JsonValue): void {
  const places: (readonly [Mutable, string])[] = [];
  const visit = (object: Mutable): void => {
    for (const [name, inner] of Object.entries(object)) {
      places.push([object, name]);
      if (typeof inner === 'object' && inner !== null) visit(inner as Mutable);
    }
  };
  visit(message);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return;
  const [object, name] = place;
  if (how === 'add') object[`${name}Too`] = value;
  else if (how === 'null') object[name] = null;
  else {
    if (how === 'rename') object[`x${name}`] = object[name];
    delete object[name];
  }
}
