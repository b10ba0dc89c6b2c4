import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';

const running = {
  type: 'commandExecution',
  id: 'c1',
  command: 'ls',
  cwd: '/work',
  status: 'inProgress',
  aggregatedOutput: null,
  exitCode: null,
  durationMs: null,
};

function send(state: NormalizerState, method: string, params: JsonObject): readonly ProviderEvent[] {
  return normalize({ method, params }, state);
}

function begun(): NormalizerState {
  const state = createNormalizerState();
  state.turnId = 'mine';
  expect(send(state, 'item/started', { item: running })).toMatchObject([{ type: 'tool_call_started' }]);
  return state;
}

function ended(state: NormalizerState, item: JsonObject): readonly ProviderEvent[] {
  return send(state, 'item/completed', { item: { ...running, status: 'completed', ...item } });
}

describe('the end of a call', () => {
  it('is a failure by its status, and by its exit code', () => {
    expect(ended(begun(), { exitCode: 0, aggregatedOutput: 'a' })).toMatchObject([
      { type: 'tool_call_completed', data: { exitCode: 0, output: 'a' } },
    ]);
    expect(ended(begun(), { exitCode: 2 })).toMatchObject([
      { type: 'tool_call_failed', data: { exitCode: 2, reason: 'error' } },
    ]);
    expect(ended(begun(), { status: 'failed' })).toMatchObject([{ data: { reason: 'error' } }]);
    expect(ended(begun(), { status: 'declined' })).toMatchObject([{ data: { reason: 'denied' } }]);
  });

  it('that the gate refused is a denial, and one that was stopped an interruption', () => {
    const refused = begun();
    refused.denied.add('c1');
    refused.interrupted = true;
    expect(ended(refused, { status: 'failed' })).toMatchObject([{ data: { reason: 'denied' } }]);
    const stopped = begun();
    stopped.interrupted = true;
    expect(ended(stopped, { status: 'failed' })).toMatchObject([{ data: { reason: 'interrupted' } }]);
  });

  it('that a hook refused is told by the hook alone', () => {
    const state = createNormalizerState();
    state.gated.set('c7', { id: 'c7', name: 'lab.read', tool: 'mcp:lab/read', kind: 'other', input: {} });
    const hook = (run: JsonObject) => send(state, 'hook/completed', { run });
    expect(hook({ id: 'hook:c7', status: 'completed' })).toEqual([]);
    const entries = [{ kind: 'feedback', text: 'No socket.' }];
    expect(hook({ id: 'hook:c8', status: 'blocked', entries })).toMatchObject([
      {
        type: 'warning_raised',
        data: { code: 'codex_refused_unasked', message: expect.stringMatching(/: No socket\.$/) },
      },
    ]);
    expect(hook({ id: 'hook:c7', status: 'blocked' })).toMatchObject([
      { type: 'tool_call_started', data: { toolCallId: 'c7' } },
      { type: 'tool_call_failed', data: { toolCallId: 'c7', reason: 'denied' } },
    ]);
  });

  it('has no more of a long output than is good, and says how long it was', () => {
    const [end] = ended(begun(), { exitCode: 0, aggregatedOutput: 'x'.repeat(300_000) });
    expect(end).toMatchObject({ data: { fullLength: 300_000 } });
    expect(JSON.stringify(end).length).toBeLessThan(263_000);
  });

  it('comes with that of the turn, if with nothing else', () => {
    const state = begun();
    const turn = { id: 'mine', status: 'completed', error: null };
    expect(send(state, 'turn/completed', { turn: { ...turn, id: 'other' } })).toEqual([]);
    expect(state.ended).toBeUndefined();
    expect(send(state, 'turn/completed', { turn })).toMatchObject([
      { type: 'tool_call_failed', data: { toolCallId: 'c1', reason: 'error' } },
    ]);
    expect(state.ended).toMatchObject({ id: 'mine' });
    expect(state.calls.size).toBe(0);
  });
});

describe('the output of a running command', () => {
  it('is passed on up to a bound', () => {
    const state = begun();
    const piece = 'x'.repeat(700 * 1024);
    const told = [1, 2, 3].flatMap(() =>
      send(state, 'item/commandExecution/outputDelta', { itemId: 'c1', delta: piece }),
    );
    const lengths = told.map((event) =>
      event.type === 'tool_output_streamed' ? event.data.text.length : event.type,
    );
    expect(lengths).toEqual([700 * 1024, 324 * 1024]);
  });
});

describe('reasoning', () => {
  it('has its parts apart, in pieces and whole, and is kept as it is when it is no text', () => {
    const state = createNormalizerState();
    const piece = (summaryIndex: number, delta: string) =>
      send(state, 'item/reasoning/summaryTextDelta', { itemId: 'r', summaryIndex, delta });
    const pieces = [...piece(0, 'One '), ...piece(0, 'and.'), ...piece(1, 'Two.')];
    const whole = send(state, 'item/completed', {
      item: { type: 'reasoning', id: 'r', summary: ['One and.', 'Two.'], content: [] },
    });
    const text = pieces.map((event) => (event.type === 'reasoning_streamed' ? event.data.text : '')).join('');
    expect(whole).toEqual([{ type: 'reasoning_received', data: { messageId: 'r', text } }]);
    const strange = { item: { type: 'reasoning', id: 'r', summary: [{ text: 'One' }], content: [] } };
    expect(send(state, 'item/completed', strange)).toMatchObject([{ type: 'unparsed' }]);
  });
});

describe('figures of usage', () => {
  it('of another turn are not of this run', () => {
    const state = begun();
    const counted = { totalTokens: 12, inputTokens: 10, outputTokens: 2 };
    const tokenUsage = { total: counted, last: counted };
    const told = (turnId: string) => send(state, 'thread/tokenUsage/updated', { turnId, tokenUsage });
    expect(told('earlier')).toEqual([]);
    expect(told('mine').map(({ type }) => type)).toEqual(['turn_completed', 'token_usage_updated']);
  });
});

describe('notices', () => {
  it('of another model are a warning, and its answers are of that model', () => {
    const state = begun();
    state.model = 'wanted';
    const rerouted = send(state, 'model/rerouted', { fromModel: 'wanted', toModel: 'given' });
    expect(rerouted).toMatchObject([{ type: 'warning_raised' }]);
    expect(state.model).toBe('given');
  });

  it('of a plan with a step that is not understood are kept whole', () => {
    const steps = [{ step: 'look', status: 'completed' }, { title: 'do' }];
    expect(send(begun(), 'turn/plan/updated', { plan: steps })).toMatchObject([{ type: 'unparsed' }]);
  });
});
