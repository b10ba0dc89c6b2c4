import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventDraft, LogEvent } from './event.ts';
import { brandId } from './id.ts';
import { noUsage } from './usage.ts';
import { emptyTranscript, extendTranscript, transcriptFromEvents, type Transcript } from './transcript.ts';

const sessionId = brandId('session', 'ses_1');
const firstRun = brandId('run', 'run_1');
const secondRun = brandId('run', 'run_2');

/** Numbers drafts as the log of one session. */
function log(
  ...drafts: readonly (EventDraft & { readonly runId?: typeof firstRun; readonly attempt?: number })[]
): LogEvent[] {
  return drafts.map((draft, index) => {
    const { runId = firstRun, attempt = 1, ...event } = draft;
    return { ...event, sessionId, seq: index + 1, position: index + 1, time: 0, runId, attempt };
  });
}

function sent(text: string): EventDraft {
  return { type: 'message_sent', data: { role: 'user', text } };
}

function delta(messageId: string, text: string): EventDraft {
  return { type: 'message_streamed', data: { messageId, text } };
}

function received(messageId: string, text: string): EventDraft {
  return { type: 'message_received', data: { messageId, role: 'assistant', text } };
}

function call(
  toolCallId: string,
  lineage?: { readonly parentToolCallId?: string; readonly agentId?: string },
): EventDraft {
  const data = {
    toolCallId,
    name: 'Bash',
    tool: 'bash',
    kind: 'execute',
    input: { command: toolCallId },
  } as const;
  return { type: 'tool_call_started', data: { ...data, ...(lineage === undefined ? {} : { lineage }) } };
}

function result(toolCallId: string, parentToolCallId?: string): EventDraft {
  const data = { toolCallId, name: 'Bash', tool: 'bash', output: `${toolCallId} done` };
  return {
    type: 'tool_call_completed',
    data: { ...data, ...(parentToolCallId === undefined ? {} : { parentToolCallId }) },
  };
}

const completed: EventDraft = { type: 'run_completed', data: { usage: noUsage, interrupted: false } };
const cancelled: EventDraft = { type: 'run_cancelled', data: { usage: noUsage } };
const attemptFailed: EventDraft = {
  type: 'attempt_failed',
  data: {
    error: { code: 'agent_crashed', message: 'gone', retryable: true, recovery: 'retry' },
    next: 'retry',
  },
};

/** One line a message, for reading. */
function lines(transcript: Transcript): string[] {
  return transcript.messages.map(({ role, text, toolCallId, incomplete }) =>
    [role, toolCallId, text, incomplete].filter((part) => part !== undefined && part !== '').join(' '),
  );
}

describe('text', () => {
  test('pieces become the message that they belong to, once', () => {
    const transcript = transcriptFromEvents(
      log(sent('Hi'), delta('m1', 'He'), delta('m1', 'llo'), received('m1', 'Hello!'), completed),
    );
    expect(transcript.messages).toEqual([
      { role: 'user', text: 'Hi', runId: firstRun, seq: 1 },
      { role: 'assistant', text: 'Hello!', runId: firstRun, seq: 2 },
    ]);
    expect(transcript).toMatchObject({ sessionId, lastSeq: 5, parts: [] });
  });
  test('text before a tool call stands before it and never twice', () => {
    const events = log(
      delta('m1', 'I look.'),
      call('t1'),
      received('m1', 'I look.'),
      result('t1'),
      completed,
    );
    expect(lines(transcriptFromEvents(events))).toEqual([
      'assistant I look.',
      'assistant t1',
      'tool t1 t1 done',
    ]);
  });
  test('two streams at once stay apart', () => {
    const events = log(delta('a', '1'), delta('b', 'x'), delta('a', '2'), delta('b', 'y'), completed);
    expect(lines(transcriptFromEvents(events))).toEqual([
      'assistant 12 interrupted',
      'assistant xy interrupted',
    ]);
  });
  test('a stream that a crash left over is kept when its run ends, and its attempt', () => {
    expect(lines(transcriptFromEvents(log(delta('m1', 'so far'))))).toEqual(['assistant so far open']);
    expect(lines(transcriptFromEvents(log(delta('m1', 'so far'), cancelled)))).toEqual([
      'assistant so far interrupted',
    ]);
    const again = log(
      delta('m1', 'so far'),
      attemptFailed,
      { ...delta('m1', 'ag'), attempt: 2 },
      { ...received('m1', 'again'), attempt: 2 },
    );
    expect(lines(transcriptFromEvents(again))).toEqual(['assistant so far interrupted', 'assistant again']);
  });
  test('an empty whole message takes nothing back, and alone it is none', () => {
    const events = log(delta('m1', 'said'), received('m1', ''), received('m2', ''), completed);
    expect(lines(transcriptFromEvents(events))).toEqual(['assistant said']);
  });
  test('pieces and repeats after the whole message change nothing; system messages keep their role', () => {
    const events = log(
      { type: 'message_received', data: { messageId: 's', role: 'system', text: 'Rules' } },
      received('m1', 'whole'),
      delta('m1', ' late'),
      completed,
    );
    expect(lines(transcriptFromEvents(events))).toEqual(['system Rules', 'assistant whole']);
  });
  test('redacted text stays as it is', () => {
    const events = log(delta('m1', 'key [redacted:aws]'), received('m1', 'key [redacted:aws]'));
    expect(lines(transcriptFromEvents(events))).toEqual(['assistant key [redacted:aws]']);
  });
  test('a steering message stands where it was delivered', () => {
    const steering: EventDraft = {
      type: 'message_sent',
      data: { role: 'user', text: 'Stop', steering: true },
    };
    const request: EventDraft = {
      type: 'run_steer_requested',
      data: { requestId: 'r', message: { role: 'user', text: 'Stop' } },
    };
    const { messages } = transcriptFromEvents(
      log(delta('m', 'One'), request, steering, received('m', 'One two')),
    );
    expect(messages.map(({ text, steering: steers }) => [text, steers])).toEqual([
      ['One two', undefined],
      ['Stop', true],
    ]);
  });
});

describe('tools', () => {
  test('calls and results are pairs, also in parallel', () => {
    const { messages } = transcriptFromEvents(
      log(call('t1'), call('t2'), result('t2'), result('t1'), completed),
    );
    expect(messages).toEqual([
      {
        role: 'assistant',
        text: '',
        toolCallId: 't1',
        tool: 'bash',
        input: { command: 't1' },
        runId: firstRun,
        seq: 1,
      },
      {
        role: 'assistant',
        text: '',
        toolCallId: 't2',
        tool: 'bash',
        input: { command: 't2' },
        runId: firstRun,
        seq: 2,
      },
      {
        role: 'tool',
        text: 't2 done',
        toolCallId: 't2',
        tool: 'bash',
        output: 't2 done',
        runId: firstRun,
        seq: 3,
      },
      {
        role: 'tool',
        text: 't1 done',
        toolCallId: 't1',
        tool: 'bash',
        output: 't1 done',
        runId: firstRun,
        seq: 4,
      },
    ]);
  });
  test('a call without a result is interrupted when its run ends, not another run’s', () => {
    const events = log(call('t1'), { ...call('t1'), runId: secondRun }, { ...cancelled, runId: secondRun });
    expect(transcriptFromEvents(events).messages.map(({ incomplete }) => incomplete)).toEqual([
      'open',
      'interrupted',
    ]);
  });
  test('a changed input is the input; structured output is also text; a failure says why', () => {
    const { messages } = transcriptFromEvents(
      log(
        call('t1'),
        {
          type: 'tool_call_decided',
          data: { toolCallId: 't1', decision: 'allow', by: 'caller', changedInput: { command: 'ls' } },
        },
        {
          type: 'tool_call_failed',
          data: { toolCallId: 't1', name: 'Bash', tool: 'bash', output: { code: 1 }, reason: 'error' },
        },
      ),
    );
    expect(messages[0]?.input).toEqual({ command: 'ls' });
    expect(messages[1]).toMatchObject({ text: '{"code":1}', output: { code: 1 }, failure: 'error' });
  });
  test('a second start or result of one call is none', () => {
    const events = log(call('t1'), call('t1'), result('t1'), result('t1'), completed);
    expect(lines(transcriptFromEvents(events))).toEqual(['assistant t1', 'tool t1 t1 done']);
  });
  test('what happens inside a subagent is left out, what it gave is not', () => {
    const inner = {
      type: 'message_received',
      data: { messageId: 'i', role: 'assistant', text: 'inner', parentToolCallId: 't1' },
    } as const;
    const innerDelta = {
      type: 'message_streamed',
      data: { messageId: 'i', text: 'in', parentToolCallId: 't1' },
    } as const;
    const events = log(
      call('t1'),
      innerDelta,
      inner,
      call('t2', { parentToolCallId: 't1' }),
      result('t2', 't1'),
      call('t3', { agentId: 'background' }),
      result('t3'),
      result('t1'),
      completed,
    );
    expect(lines(transcriptFromEvents(events))).toEqual(['assistant t1', 'tool t1 t1 done']);
  });
  test('hostile ids are ids', () => {
    const events = log(
      call('__proto__'),
      result('__proto__'),
      delta('constructor', 'x'),
      received('constructor', 'y'),
    );
    expect(lines(transcriptFromEvents(events))).toEqual([
      'assistant __proto__',
      'tool __proto__ __proto__ done',
      'assistant y',
    ]);
  });
});

describe('extending', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const draft: fc.Arbitrary<EventDraft> = fc.oneof(
    fc.tuple(name, fc.string()).map(([id, text]) => delta(id, text)),
    fc.tuple(name, fc.string()).map(([id, text]) => received(id, text)),
    name.map((id) => call(id)),
    name.map((id) => call(id, { parentToolCallId: 'a' })),
    name.map((id) => result(id)),
    name.map((id) => result(id, 'a')),
    fc.string().map(sent),
    fc.constantFrom(completed, cancelled, attemptFailed),
  );
  const placed = fc
    .tuple(draft, fc.constantFrom(firstRun, secondRun), fc.constantFrom(1, 2))
    .map(([event, runId, attempt]) => ({ ...event, runId, attempt }));

  test('gives the same however the events are cut', () => {
    fc.assert(
      fc.property(
        fc.array(placed, { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (drafts, cuts) => {
          const events = log(...drafts);
          const whole = transcriptFromEvents(events);
          let pieces = emptyTranscript;
          let start = 0;
          for (const end of [...cuts.toSorted((one, other) => one - other), events.length]) {
            const before = JSON.stringify(pieces);
            const next = extendTranscript(pieces, events.slice(Math.max(0, start - 2), end));
            expect(JSON.stringify(pieces)).toBe(before);
            pieces = next;
            start = Math.max(start, end);
          }
          expect(pieces).toEqual(whole);
          expect(transcriptFromEvents([...events])).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });
  test('it goes on from its own JSON', () => {
    const events = log(delta('m', 'He'), call('t'), received('m', 'Hello'), result('t'), completed);
    const stored: Transcript = JSON.parse(JSON.stringify(transcriptFromEvents(events.slice(0, 2))));
    expect(extendTranscript(stored, events)).toEqual(transcriptFromEvents(events));
  });
  test('messages stand in the order of their numbers, and each number once', () => {
    fc.assert(
      fc.property(fc.array(placed, { maxLength: 60 }), (drafts) => {
        const numbers = transcriptFromEvents(log(...drafts)).messages.map(({ seq }) => seq);
        expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
      }),
    );
  });
  test('refuses another session and another order', () => {
    const [first, second] = log(sent('1'), sent('2'));
    if (first === undefined || second === undefined) throw new Error('two events expected');
    expect(() => transcriptFromEvents([second, first])).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
    const other = { ...second, sessionId: brandId('session', 'ses_2') };
    expect(() => transcriptFromEvents([first, other])).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
  test('a newer version’s events and those of no run only move the cursor', () => {
    const envelope = { sessionId, position: 1, time: 0 };
    const events: LogEvent[] = [
      { ...envelope, seq: 1, type: 'session_created', data: {} },
      {
        ...envelope,
        seq: 2,
        runId: firstRun,
        type: 'unrecognized',
        originalType: 'message_sung',
        data: 'la',
      },
    ];
    expect(transcriptFromEvents(events)).toEqual({ sessionId, messages: [], lastSeq: 2, parts: [] });
  });
});
