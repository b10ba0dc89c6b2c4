import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { normalizeCall } from './normalize-call.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';
import { createPermissionGate, type PermissionGate } from './permission-gate.ts';
import { answerPermission, type PermissionOutcome, type PermissionRefusal } from './permission-request.ts';
import type { AcpPreset } from './preset.ts';
import { acpPresets } from './presets.ts';
import { createUsageMeter } from './usage-meter.ts';

const allowOnce = { optionId: 'a1', name: 'Yes', kind: 'allow_once' };
const allowAlways = { optionId: 'aa', name: 'Always', kind: 'allow_always' };
const rejectOnce = { optionId: 'r1', name: 'No', kind: 'reject_once' };
const rejectAlways = { optionId: 'ra', name: 'Never', kind: 'reject_always' };

function room(
  answer: Authorization | (() => Promise<Authorization>),
  preset?: AcpPreset,
): {
  readonly asked: ToolCall[];
  readonly events: ProviderEvent[];
  readonly stopping: AbortController;
  readonly gate: PermissionGate;
  readonly state: NormalizerState;
  ask(
    call: JsonObject,
    options?: readonly JsonObject[],
    sessionId?: string,
    signal?: AbortSignal,
  ): Promise<PermissionOutcome | PermissionRefusal>;
} {
  const asked: ToolCall[] = [];
  const events: ProviderEvent[] = [];
  const stopping = new AbortController();
  const gate = createPermissionGate({
    authorize(call) {
      asked.push(call);
      return typeof answer === 'function' ? answer() : Promise.resolve(answer);
    },
    stopping: stopping.signal,
    cwd: '/home/ada',
  });
  const state = createNormalizerState({
    preset,
    usage: createUsageMeter({ perConversation: false, before: 'nothing' }),
    isDenied: gate.isDenied,
  });
  state.sessionId = 's';
  return {
    asked,
    events,
    stopping,
    gate,
    state,
    ask: (
      toolCall,
      options = [allowOnce, rejectOnce],
      sessionId = 's',
      signal = new AbortController().signal,
    ) =>
      answerPermission({ sessionId, toolCall, options }, signal, {
        state,
        gate,
        emit: (made) => events.push(...made),
        stopping: stopping.signal,
      }),
  };
}

const run = { toolCallId: '1', title: 'Run', kind: 'execute', rawInput: { command: 'ls' } };

function chosen(answer: PermissionOutcome | PermissionRefusal): string {
  if ('refusal' in answer) return answer.refusal;
  return 'optionId' in answer.outcome ? answer.outcome.optionId : answer.outcome.outcome;
}

describe('a permission request', () => {
  it.each([
    ['allow', [allowAlways, rejectAlways, allowOnce, rejectOnce], 'a1'],
    ['deny', [allowOnce, rejectAlways, rejectOnce], 'r1'],
    ['deny', [allowOnce, rejectAlways], 'ra'],
    ['deny', [allowOnce], 'cancelled'],
    // Allowed for ever, later calls would not be asked about.
    ['allow', [allowAlways, rejectOnce], 'r1'],
    ['allow', [], 'cancelled'],
  ] as const)('that is answered %s chooses by kind', async (decision, options, expected) => {
    const { ask } = room(decision === 'allow' ? { decision } : { decision, reason: 'no' });
    expect(chosen(await ask(run, options))).toBe(expected);
  });

  it('is refused with the reason where an agent tells its model of errors, as much as an agent should hear', async () => {
    const preset = acpPresets['claude-agent-acp'];
    const { ask } = room({ decision: 'deny', reason: 'Not on a Monday.' }, preset);
    expect(chosen(await ask(run))).toBe('The call was refused. Not on a Monday.');
    const long = room({ decision: 'deny', reason: 'no '.repeat(10_000) }, preset);
    expect(chosen(await long.ask(run)).length).toBeLessThan(8_300);
    expect(chosen(await room({ decision: 'allow' }, preset).ask(run))).toBe('a1');
  });

  it('tells the start of its call, and asks with what was told of it', async () => {
    const { ask, asked, events } = room({ decision: 'allow' });
    await ask(run);
    expect(asked).toMatchObject([{ id: '1', tool: 'bash', command: 'ls' }]);
    expect(events.map(({ type }) => type)).toEqual(['tool_call_started']);
  });

  it('about the same call gets the same answer without another question', async () => {
    const { ask, asked } = room({ decision: 'allow' });
    await ask({ ...run, kind: 'edit', rawInput: { path: 'a' } });
    expect(chosen(await ask({ ...run, kind: 'edit', rawInput: { path: '/home/ada/a', mode: 1 } }))).toBe(
      'a1',
    );
    expect(asked).toHaveLength(1);
  });

  it('about another call under the same id is refused', async () => {
    const { ask, gate } = room({ decision: 'allow' });
    await ask(run);
    expect(chosen(await ask({ ...run, rawInput: { command: 'rm -rf /' } }))).toBe('r1');
    expect(gate.isDenied('1')).toBe(true);
  });

  it('about another file under the same id is refused', async () => {
    const { ask } = room({ decision: 'allow' });
    await ask({ ...run, kind: 'edit', rawInput: { path: 'a' } });
    expect(chosen(await ask({ ...run, kind: 'edit', rawInput: { path: 'b' } }))).toBe('r1');
  });

  it('does not say how far its call has come', async () => {
    const { ask, state } = room({ decision: 'allow' });
    await ask({ ...run, status: 'completed' });
    expect(normalizeCall({ toolCallId: '1', title: 'Run it' }, state)).toEqual([]);
  });

  it('is refused when the question fails, or when only another input is allowed', async () => {
    expect(chosen(await room(() => Promise.reject(new Error('gone'))).ask(run))).toBe('r1');
    const { ask } = room({ decision: 'allow', changedInput: { command: 'true' } });
    expect(chosen(await ask(run))).toBe('r1');
  });

  it('is cancelled when the turn is stopped, before or while it is open', async () => {
    const open = Promise.withResolvers<Authorization>();
    const { ask, stopping, asked } = room(() => open.promise);
    const answer = ask(run);
    await expect.poll(() => asked.length).toBe(1);
    stopping.abort();
    open.resolve({ decision: 'allow' });
    expect(chosen(await answer)).toBe('cancelled');
    expect(chosen(await ask({ ...run, toolCallId: '2' }))).toBe('cancelled');
    expect(asked).toHaveLength(1);
  });

  it('gets no answer when the turn is stopped where the agent takes it back', async () => {
    const open = Promise.withResolvers<Authorization>();
    const { ask, stopping, asked } = room(() => open.promise, acpPresets['claude-agent-acp']);
    const taken = new AbortController();
    let answered = false;
    const answer = ask(run, undefined, 's', taken.signal).finally(() => (answered = true));
    await expect.poll(() => asked.length).toBe(1);
    stopping.abort();
    open.resolve({ decision: 'deny', reason: 'stopped' });
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    taken.abort();
    expect(chosen(await answer)).toBe('cancelled');
  });

  it('that cannot be understood, or is of another conversation, is kept and never allowed', async () => {
    const { ask, asked, events } = room({ decision: 'allow' });
    expect(chosen(await ask({ title: 'no id' }))).toBe('cancelled');
    expect(chosen(await ask(run, [allowOnce], 'other'))).toBe('cancelled');
    expect(asked).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['unparsed', 'unparsed']);
  });
});

describe('an allowed call of a client tool', () => {
  const lookUp: ToolCall = {
    id: '1',
    name: 'look_up',
    tool: 'client:look_up',
    kind: 'client',
    input: { word: 'heron' },
  };
  const never = new AbortController().signal;

  it('is made once, and only with the input that was allowed', async () => {
    const { gate } = room({ decision: 'allow' });
    await gate.decide(lookUp, never);
    expect(gate.allowed.spend('look_up', { word: 'stork' })).toBeUndefined();
    expect(gate.allowed.spend('other', lookUp.input)).toBeUndefined();
    expect(gate.allowed.spend('look_up', lookUp.input)).toEqual(lookUp.input);
    expect(gate.allowed.spend('look_up', lookUp.input)).toBeUndefined();
  });

  it('is made with the input that it was allowed with', async () => {
    const { gate } = room({ decision: 'allow', changedInput: { word: 'stork' } });
    // A hook may ask about it, too, and understands no other yes.
    for (const _asked of ['by the agent', 'by its hook'])
      expect(await gate.decide(lookUp, never)).toEqual({ decision: 'allow' });
    expect(gate.allowed.spend('look_up', lookUp.input)).toEqual({ word: 'stork' });
    expect(gate.allowed.spend('look_up', lookUp.input)).toBeUndefined();
  });

  it('is not made when it was refused', async () => {
    const { gate } = room({ decision: 'deny', reason: 'no' });
    await gate.decide(lookUp, never);
    expect(gate.allowed.spend('look_up', lookUp.input)).toBeUndefined();
  });
});

it('a tool is not let through for a name that is like that of the search for tools', async () => {
  const { gate, asked } = room({ decision: 'deny', reason: 'no' });
  const search: ToolCall = { id: '1', name: 'x', tool: 'tool_search', kind: 'internal', input: {} };
  const never = new AbortController().signal;
  expect(await gate.decide(search, never)).toEqual({ decision: 'allow' });
  expect(await gate.decide({ ...search, id: '2', kind: 'other' }, never)).toMatchObject({ decision: 'deny' });
  expect(asked.map(({ id }) => id)).toEqual(['2']);
});
