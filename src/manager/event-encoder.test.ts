import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { createEventEncoder, cutText, maximumPayload } from './event-encoder.ts';

const clock = createTestClock();
const encoder = createEventEncoder(clock, createRedactor({}));

function encode(draft: EventDraft): JsonObject {
  const { payload } = encoder.encode(draft, {});
  expect(payload.length).toBeLessThanOrEqual(maximumPayload);
  return JSON.parse(payload);
}

const call = { toolCallId: 'call-1', name: 'Bash', tool: 'bash' } as const;

describe('an event that is too large', () => {
  it('keeps what fits, with a mark where its texts were cut', () => {
    const output = 'line\n'.repeat(400_000);
    const data = encode({ type: 'tool_call_completed', data: { ...call, output } });
    expect(data).toMatchObject(call);
    expect(data['output']).toMatch(/^line\n[^]*… \[cut: 2000000 characters in all\]$/);
  });

  it('is cut harder when many long texts are in it', () => {
    const output = Array.from({ length: 40 }, () => 'x'.repeat(100_000));
    const data = encode({ type: 'tool_call_completed', data: { ...call, output } });
    expect(data).toMatchObject(call);
    expect(data['output']).toHaveLength(40);
  });

  const hopeless: readonly (readonly [string, EventDraft, JsonObject])[] = [
    [
      'an input of countless numbers',
      {
        type: 'tool_call_started',
        data: {
          ...call,
          kind: 'execute',
          input: { numbers: Array.from({ length: 500_000 }, (_, index) => index) },
        },
      },
      { ...call, kind: 'execute', input: { cut: true, fullLength: expect.any(Number) } },
    ],
    [
      'an output that is a list of countless short texts',
      { type: 'tool_call_completed', data: { ...call, output: Array.from({ length: 500_000 }, () => 'ab') } },
      { ...call, output: [] },
    ],
    [
      'a plan of countless steps',
      {
        type: 'plan_updated',
        data: {
          steps: Array.from({ length: 100_000 }, () => ({ text: 'step', status: 'pending' as const })),
        },
      },
      { steps: [] },
    ],
  ];
  it.each(hopeless)('keeps its form: %s', (_what, draft, expected) => {
    expect(encode(draft)).toEqual(expected);
  });

  it('is a mark alone when it has countless fields', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 60_000 }, (_, index) => [`field ${index}`, index]),
    );
    // As a provider without types may give it.
    const draft = { type: 'warning_raised', data: { code: 'x', message: 'y', ...fields } } as EventDraft;
    expect(encode(draft)).toEqual({ cut: true, fullLength: expect.any(Number) });
  });
});

describe('cutting a text', () => {
  it('never cuts a character in two', () => {
    expect(cutText('ab😀cd', 3)).toBe('ab… [cut: 6 characters in all]');
    expect(cutText('ab😀cd', 4)).toBe('ab😀… [cut: 6 characters in all]');
    expect(cutText('abc', 3)).toBe('abc');
  });
});
