import { describe, expect, it } from 'vitest';
import type { EventData } from '../../domain/event-data.ts';
import type { EventDraft } from '../../domain/event.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, ProviderEventType } from '../../ports/provider.ts';
import { readFixture } from './fixtures/read-fixture.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';

const weather = { name: 'weather', description: 'w', inputSchema: {}, readOnly: true };

/** The events of recorded messages, in the state of the run that they come from. */
function eventsOf(
  messages: readonly JsonObject[],
  state: NormalizerState = createNormalizerState(new Map([['weather', weather]])),
): readonly ProviderEvent[] {
  for (const message of messages) {
    if (message['method'] === 'turn/started')
      state.turnId = textField(fieldOf(fieldOf(message, 'params'), 'turn'), 'id');
  }
  return messages.flatMap((message) => normalize(message, state));
}

function dataOf<Type extends ProviderEventType>(
  events: readonly ProviderEvent[],
  type: Type,
): readonly EventData[Type][] {
  return events
    .filter((event): event is ProviderEvent & EventDraft<Type> => event.type === type)
    .map((event) => event.data);
}

describe('a recorded run with tools', () => {
  const events = eventsOf(readFixture('tools'));

  it('has nothing that is not known', () => {
    expect(dataOf(events, 'unparsed')).toEqual([]);
  });

  it('tells the texts and the reasoning, in pieces and whole', () => {
    expect(dataOf(events, 'message_received').map(({ text }) => text)).toEqual([
      'I look around in the folder.',
      'All of it is done now.',
    ]);
    for (const { messageId, text } of dataOf(events, 'message_received')) {
      const pieces = dataOf(events, 'message_streamed').filter((piece) => piece.messageId === messageId);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    }
    const reasoning = 'I think that I should look first.';
    expect(dataOf(events, 'reasoning_received').map(({ text }) => text)).toEqual([reasoning]);
    expect(
      dataOf(events, 'reasoning_streamed')
        .map(({ text }) => text)
        .join(''),
    ).toBe(reasoning);
  });

  it('tells each call once, with its end', () => {
    const starts = dataOf(events, 'tool_call_started');
    expect(starts.map(({ tool, kind }) => [tool, kind])).toEqual([
      ['bash', 'execute'],
      ['write', 'edit'],
      ['bash', 'execute'],
      ['bash', 'execute'],
      ['edit', 'edit'],
      ['mcp:lab/add', 'other'],
      ['client:weather', 'read'],
      ['edit', 'edit'],
      ['edit', 'edit'],
    ]);
    const ends = [...dataOf(events, 'tool_call_completed'), ...dataOf(events, 'tool_call_failed')];
    expect(ends.map(({ toolCallId }) => toolCallId).toSorted()).toEqual(
      starts.map(({ toolCallId }) => toolCallId).toSorted(),
    );
    expect(
      dataOf(events, 'tool_call_failed').map(({ reason, exitCode, output }) => [reason, exitCode, output]),
    ).toEqual([
      ['denied', undefined, ''],
      ['error', 3, 'it fails here\n'],
    ]);
  });

  it('tells the files that were changed, with diffs', () => {
    expect(
      dataOf(events, 'file_changed').map(({ path, change }) => [path.split('/').at(-1), change]),
    ).toEqual([
      ['notes.txt', 'created'],
      ['notes.txt', 'modified'],
      ['notes.txt', 'deleted'],
      ['moved.txt', 'created'],
      ['moved.txt', 'deleted'],
    ]);
    expect(dataOf(events, 'file_changed')[4]?.diff).toContain('-fourth line');
  });

  it('counts the answers, and all of them together in disjoint classes', () => {
    expect(dataOf(events, 'turn_completed')).toHaveLength(7);
    expect(dataOf(events, 'turn_completed')[0]?.usage).toEqual({
      inputTokens: 100,
      cacheReadTokens: 30,
      cacheWriteTokens: 0,
      outputTokens: 20,
      reasoningTokens: 4,
    });
    expect(dataOf(events, 'token_usage_updated').at(-1)?.usage).toMatchObject({
      inputTokens: 6100,
      outputTokens: 320,
    });
  });
});

describe('a recorded run that fails', () => {
  it('tells that the model was asked again, and keeps how the turn ended', () => {
    const state = createNormalizerState();
    const events = eventsOf(readFixture('failure'), state);
    expect(dataOf(events, 'unparsed')).toEqual([]);
    expect(dataOf(events, 'agent_retrying').length).toBeGreaterThan(0);
    expect(state.ended).toMatchObject({ status: 'failed', error: { codexErrorInfo: {} } });
  });
});

describe('a recorded run that is interrupted', () => {
  it('keeps how the turn ended', () => {
    const state = createNormalizerState();
    const events = eventsOf(readFixture('interrupted'), state);
    expect(dataOf(events, 'unparsed')).toEqual([]);
    expect(state.ended).toMatchObject({ status: 'interrupted' });
  });
});

describe('a recorded run with a plan, searches of the web and limits', () => {
  const events = eventsOf(readFixture('plan-and-search'));

  it('has nothing that is not known', () => {
    expect(dataOf(events, 'unparsed')).toEqual([]);
  });

  it('tells the plan whole', () => {
    expect(dataOf(events, 'plan_updated')).toEqual([
      {
        steps: [
          { text: 'look', status: 'completed' },
          { text: 'do', status: 'in_progress' },
          { text: 'rest', status: 'pending' },
        ],
      },
    ]);
  });

  it('tells a search when it is over, since what is searched for is known only then', () => {
    expect(dataOf(events, 'tool_call_started')).toMatchObject([
      { tool: 'web_search', kind: 'fetch', input: { query: 'herons' } },
      { tool: 'web_search', kind: 'fetch', input: { query: 'storks' } },
    ]);
    expect(dataOf(events, 'tool_call_completed').map(({ toolCallId }) => toolCallId)).toEqual(
      dataOf(events, 'tool_call_started').map(({ toolCallId }) => toolCallId),
    );
  });

  it('tells limits only when they change', () => {
    expect(dataOf(events, 'rate_limit_updated')).toEqual([
      { status: 'allowed', kind: 'primary', utilization: 0.41, resetsAt: 2_000_000_000_000 },
      { status: 'allowed', kind: 'secondary', utilization: 0.8, resetsAt: 2_000_009_999_000 },
      { status: 'allowed', kind: 'primary', utilization: 0.42, resetsAt: 2_000_000_000_000 },
    ]);
  });
});

describe('limits of a plan', () => {
  function limits(used: number, resetsAt: number, limitId = 'codex'): JsonObject {
    const primary = { usedPercent: used, windowDurationMins: 300, resetsAt };
    return {
      method: 'account/rateLimits/updated',
      params: { rateLimits: { limitId, primary, secondary: null } },
    };
  }

  it('that are used up are kept for the error, each by itself, until they are reset', () => {
    const state = createNormalizerState();
    expect(normalize(limits(100, 1_900_000_000), state)).toMatchObject([
      {
        type: 'rate_limit_updated',
        data: { status: 'rejected', utilization: 1, resetsAt: 1_900_000_000_000 },
      },
    ]);
    normalize(limits(100, 1_800_000_000, 'other'), state);
    expect(state.limits.resetsAt).toBe(1_900_000_000_000);
    normalize(limits(1, 1_900_018_000), state);
    expect(state.limits.resetsAt).toBe(1_800_000_000_000);
    // An answer that says nothing of limits changes nothing.
    const nothing = { limitId: 'other', primary: null, secondary: null };
    expect(
      normalize({ method: 'account/rateLimits/updated', params: { rateLimits: nothing } }, state),
    ).toEqual([]);
    expect(state.limits.resetsAt).toBe(1_800_000_000_000);
  });
});

describe('a resource of an MCP server that was read', () => {
  const item = {
    type: 'mcpToolCall',
    id: 'call_1',
    server: 'lab',
    tool: 'read_mcp_resource',
    status: 'completed',
    arguments: { server: 'lab', uri: 'lab://bird' },
    result: { content: [{ type: 'text', text: 'The heron.' }] },
    error: null,
    durationMs: 0,
  };
  const warnings = (state: NormalizerState): readonly string[] =>
    dataOf(normalize({ method: 'item/completed', params: { item } }, state), 'warning_raised').map(
      ({ code }) => code,
    );

  it('without a question is warned of', () => {
    const state = createNormalizerState();
    expect(warnings(state)).toEqual(['codex_unasked_call']);
    const call = { id: 'call_1', name: 'lab.read_mcp_resource', tool: 'mcp:lab/read_mcp_resource' };
    state.gated.set('call_1', { ...call, kind: 'other', input: item.arguments });
    expect(warnings(state)).toEqual([]);
  });
});

describe('messages of a newer version', () => {
  function once(method: string, params: JsonObject): readonly ProviderEvent[] {
    return normalize({ method, params }, createNormalizerState());
  }

  it('what is new is kept as it is', () => {
    const item = { type: 'hologram', id: 'h' };
    for (const [method, params] of [
      ['item/started', { item }],
      ['item/completed', { item }],
      ['thread/newThing', { x: 1 }],
    ] as const) {
      expect(once(method, params)).toEqual([{ type: 'unparsed', data: { raw: { method, params } } }]);
    }
  });
});
