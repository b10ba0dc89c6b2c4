import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../domain/event.ts';
import { brandId } from '../domain/id.ts';
import type { ToolKind } from '../domain/tool.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { Watchdog } from './watchdog.ts';
import { watchdogSettings, type WatchdogOptions } from './watchdog-options.ts';

const minute = 60_000;

/** A watched run on a clock that stands still, and what its watchdog did, in order. */
function watch(options: WatchdogOptions, refused: { readonly [step: string]: string } = {}) {
  const clock = createTestClock();
  const did: string[] = [];
  const states: string[] = [];
  const dog: Watchdog = new Watchdog(
    {
      clock,
      record: (draft) => {
        did.push(told(draft));
        // As a recorder does with what it takes in.
        dog.see(draft);
      },
      show: ({ state }) => states.push(state),
      steer: (text) => did.push(`steer ${text}`),
      interrupt: () => did.push('interrupt'),
      stop: ({ code }) => did.push(`stop ${code}`),
      whyNot: (step) => refused[step],
    },
    watchdogSettings(0, options),
  );
  return { clock, did, states, dog, see: (draft: EventDraft) => dog.see(draft) };
}

function told(draft: EventDraft): string {
  switch (draft.type) {
    case 'run_stalled':
      return `stalled ${draft.data.state} ${draft.data.silence}`;
    case 'run_recovered':
      return `recovered ${draft.data.silence}`;
    case 'watchdog_acted':
      return `${draft.data.step} ${draft.data.as}`;
    default:
      return draft.type;
  }
}

const text = (piece: string): EventDraft => ({
  type: 'message_streamed',
  data: { messageId: 'm', text: piece },
});
const begin = (toolCallId: string, kind: ToolKind = 'execute', parentToolCallId?: string): EventDraft => ({
  type: 'tool_call_started',
  data: {
    toolCallId,
    name: 'Tool',
    tool: 'tool',
    kind,
    input: {},
    ...(parentToolCallId === undefined ? {} : { lineage: { parentToolCallId } }),
  },
});
const end = (toolCallId: string): EventDraft => ({
  type: 'tool_call_completed',
  data: { toolCallId, name: 'Tool', tool: 'tool', output: '' },
});
const retrying = (delay?: number): EventDraft => ({
  type: 'agent_retrying',
  data: { attempt: 1, reason: 'overloaded', ...(delay === undefined ? {} : { delay }) },
});

describe('a stall', () => {
  it('is told once, and its end with the next progress', () => {
    const { clock, did, see } = watch({ after: minute });
    clock.advance(minute - 1);
    see(text('a'));
    clock.advance(minute - 1);
    expect(did).toEqual([]);
    clock.advance(1);
    clock.advance(10 * minute);
    expect(did).toEqual(['stalled streaming 60000']);
    see(text('b'));
    expect(did.slice(1)).toEqual(['recovered 660000']);
    clock.advance(minute);
    expect(did.slice(2)).toEqual(['stalled streaming 60000']);
  });

  it('can come before the agent has said anything', () => {
    const { clock, did } = watch({ after: minute });
    clock.advance(minute);
    expect(did).toEqual(['stalled starting 60000']);
  });

  const heartbeats: readonly EventDraft[] = [
    text(''),
    { type: 'rate_limit_updated', data: { status: 'allowed' } },
    { type: 'warning_raised', data: { code: 'x', message: 'y' } },
    { type: 'unparsed', data: { raw: 1 } },
    { type: 'message_sent', data: { role: 'user', text: 'hurry', steering: true } },
    { type: 'run_steered', data: { requestId: 'r', as: 'delivered' } },
    retrying(),
  ];

  it.each(heartbeats)('is not kept away by a sign of life: $type', (heartbeat) => {
    const { clock, did, see } = watch({ after: minute });
    see(text('a'));
    for (let half = 0; half < 2; half++) {
      clock.advance(minute / 2);
      see(heartbeat);
    }
    expect(did).toEqual(['stalled streaming 60000']);
    see(heartbeat);
    expect(did).toHaveLength(1);
  });

  it('waits as long as the agent said that it will be silent, and no longer', () => {
    const { clock, did, see } = watch({ after: minute });
    see(retrying(5 * minute));
    clock.advance(6 * minute - 1);
    expect(did).toEqual([]);
    clock.advance(1);
    expect(did).toEqual(['stalled starting 360000']);
  });

  it('does not believe an agent that says it will be silent for ever', () => {
    const { clock, did, see } = watch({ after: minute });
    see(retrying(Number.POSITIVE_INFINITY));
    clock.advance(24 * 60 * minute + minute);
    expect(did).toHaveLength(1);
  });

  it('comes neither while a person or a quota is waited for, nor between attempts', () => {
    const { clock, did, dog, see } = watch({ after: minute, inTool: minute });
    see(begin('t'));
    dog.wait('person', true);
    clock.advance(1_000 * minute);
    dog.wait('person', false);
    see(end('t'));
    dog.wait('quota', true);
    clock.advance(1_000 * minute);
    dog.wait('quota', false);
    see({
      type: 'attempt_failed',
      data: {
        error: { code: 'rate_limited', message: '', retryable: true, recovery: 'retry' },
        next: 'retry',
      },
    });
    clock.advance(1_000 * minute);
    expect(did).toEqual([]);
    see({
      type: 'attempt_routed',
      data: { provider: 'p', routedProvider: 'p', routingAttempt: 2, routingCandidates: ['p'] },
    });
    clock.advance(minute);
    expect(did).toEqual(['stalled starting 60000']);
  });

  it('is over when its attempt fails', () => {
    const { clock, did, see } = watch({ after: minute, cancelAfter: minute });
    clock.advance(minute);
    see({
      type: 'attempt_failed',
      data: {
        error: { code: 'agent_crashed', message: '', retryable: true, recovery: 'retry' },
        next: 'retry',
      },
    });
    clock.advance(10 * minute);
    expect(did).toEqual(['stalled starting 60000']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not looked for once the run is over', () => {
    const { clock, did, dog, see } = watch({ after: minute });
    dog.end();
    see(text('late'));
    dog.wait('person', false);
    expect(clock.pendingTimers).toBe(0);
    expect(did).toEqual([]);
  });
});

describe('a tool', () => {
  it('may be silent unless it has a time of its own', () => {
    const { clock, did, see } = watch({ after: minute });
    see(begin('t'));
    clock.advance(1_000 * minute);
    expect(did).toEqual([]);
    see(end('t'));
    clock.advance(minute);
    expect(did).toEqual(['stalled streaming 60000']);
  });

  it('stalls in its own time, from its last output', () => {
    const { clock, did, see } = watch({ after: minute, inTool: 3 * minute });
    see(begin('t'));
    clock.advance(2 * minute);
    see({ type: 'tool_output_streamed', data: { toolCallId: 't', stream: 'stdout', text: '.' } });
    clock.advance(3 * minute - 1);
    expect(did).toEqual([]);
    clock.advance(1);
    expect(did).toEqual(['stalled in_tool 180000']);
  });

  it('that is over makes the shorter time count again at once', () => {
    const { clock, did, see } = watch({ after: minute, inTool: 1_000 * minute });
    see(begin('t'));
    see(end('t'));
    clock.advance(minute);
    expect(did).toEqual(['stalled streaming 60000']);
  });

  it('that was refused, and of which nothing is heard again, excuses nothing', () => {
    const { clock, did, see } = watch({ after: minute });
    see(begin('t'));
    see({ type: 'tool_call_decided', data: { toolCallId: 't', decision: 'deny', by: 'rule' } });
    clock.advance(minute);
    expect(did).toEqual(['stalled streaming 60000']);
  });

  it('that is a subagent excuses silence only as long as one does not hear of its work', () => {
    const { clock, did, see } = watch({ after: minute });
    see(begin('agent', 'agent'));
    clock.advance(1_000 * minute);
    expect(did).toEqual([]);
    see(begin('inner', 'execute', 'agent'));
    clock.advance(1_000 * minute);
    expect(did).toEqual([]);
    see(end('inner'));
    clock.advance(minute);
    expect(did).toEqual(['stalled streaming 60000']);
  });
});

describe('the steps', () => {
  const steps = { after: minute, nudge: { text: 'Go on.' }, interruptAfter: minute, cancelAfter: 2 * minute };
  const nudged = ['stalled streaming 60000', 'nudge done', 'steer Go on.'];

  it('come one after the other', () => {
    const { clock, did, see } = watch(steps);
    see(text('a'));
    clock.advance(minute);
    expect(did).toEqual(nudged);
    clock.advance(minute);
    expect(did.slice(3)).toEqual(['interrupt done', 'interrupt']);
    clock.advance(minute);
    expect(did.slice(5)).toEqual(['cancel done', 'stop run_stalled']);
    clock.advance(100 * minute);
    expect(did).toHaveLength(7);
    expect(clock.pendingTimers).toBe(0);
  });

  it('end with progress, and begin anew with the next stall', () => {
    const { clock, did, see } = watch(steps);
    see(text('a'));
    clock.advance(2 * minute - 1);
    see(text('b'));
    expect(did.slice(3)).toEqual(['recovered 119999']);
    clock.advance(minute);
    expect(did.slice(4)).toEqual(nudged);
  });

  it('go further when each nudge is answered by a word and silence', () => {
    const { clock, did, see } = watch({ ...steps, nudge: { text: 'Go on.', times: 2 } });
    for (let stall = 0; stall < 3; stall++) {
      see(text('word'));
      clock.advance(minute);
    }
    clock.advance(minute);
    const round = [...nudged, 'recovered 60000'];
    expect(did).toEqual([
      ...[...round, ...round],
      ...['stalled streaming 60000', 'nudge skipped', 'interrupt done', 'interrupt'],
    ]);
  });

  it('are not stopped by what an interrupted agent still says', () => {
    const { clock, did, see } = watch(steps);
    see(text('a'));
    clock.advance(2 * minute);
    see(text('my last words'));
    clock.advance(minute);
    expect(did.slice(3)).toEqual(['interrupt done', 'interrupt', 'cancel done', 'stop run_stalled']);
  });

  it('that the provider lacks are skipped, and that is said', () => {
    const { clock, did, see } = watch(steps, { nudge: 'It is deaf.', interrupt: 'It does not listen.' });
    see(text('a'));
    clock.advance(minute);
    expect(did.slice(1)).toEqual(['nudge skipped']);
    clock.advance(minute);
    expect(did.slice(2)).toEqual(['interrupt skipped']);
    // It was not interrupted: it may still go on.
    see(text('b'));
    expect(did.slice(3)).toEqual(['recovered 120000']);
  });
});

describe('the state', () => {
  it('is shown when it changes', () => {
    const { clock, states, dog, see } = watch({ after: minute });
    see(text('a'));
    see(text('b'));
    see(begin('t'));
    dog.wait('person', true);
    dog.wait('person', false);
    see(end('t'));
    dog.wait('quota', true);
    dog.wait('quota', false);
    clock.advance(minute);
    see(text('c'));
    expect(states).toEqual([
      'starting',
      'streaming',
      'in_tool',
      'waiting_for_person',
      'in_tool',
      'streaming',
      'waiting_for_quota',
      'streaming',
      'stalled',
      'streaming',
    ]);
  });
});

describe('a run that goes on', () => {
  it('has the nudges of before counted', () => {
    const { clock, did, dog, see } = watch({ after: minute, nudge: { text: 'Go on.', times: 1 } });
    dog.recall({ type: 'watchdog_acted', data: { step: 'nudge', as: 'done' } });
    see(text('Here I am.'));
    clock.advance(minute);
    expect(did).toEqual(['stalled streaming 60000', 'nudge skipped']);
  });

  it('is in the call that was parked once its agent is there, and in no other', () => {
    const { clock, did, dog, see } = watch({ after: minute });
    const approvalId = brandId('approval', 'apr_1');
    dog.recall(begin('call-1'));
    dog.recall(begin('call-2'));
    dog.recall({ type: 'run_parked', data: { approvalId, toolCallId: 'call-1' } });
    dog.recall({ type: 'run_resumed', data: { from: 'parked', approvalIds: [approvalId] } });
    see({ type: 'agent_started', data: { continuity: 'native' } });
    clock.advance(10 * minute);
    expect(did).toEqual([]);
    see({
      type: 'tool_call_completed',
      data: { toolCallId: 'call-1', name: 'Tool', tool: 'tool', output: '' },
    });
    clock.advance(minute);
    expect(did).toEqual(['stalled starting 60000']);
  });
});
