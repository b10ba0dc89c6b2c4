import { describe, expect, test } from 'vitest';
import { eventTypes } from './event.ts';
import { brandId } from './id.ts';
import { decodeEvent, type StoredEvent } from './stored-event.ts';

function stored(fields: Partial<StoredEvent>): StoredEvent {
  return {
    sessionId: brandId('session', 'ses_1'),
    seq: 7,
    position: 70,
    type: 'warning_raised',
    time: 5,
    payload: '{"code":"c","message":"m"}',
    ...fields,
  };
}

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const item of Object.values(value)) expectFrozen(item);
}

describe('decoding', () => {
  test('gives the envelope and the data, without fields that there are not', () => {
    expect(decodeEvent(stored({}))).toStrictEqual({
      sessionId: 'ses_1',
      seq: 7,
      position: 70,
      time: 5,
      type: 'warning_raised',
      data: { code: 'c', message: 'm' },
    });
    const origin = { runId: brandId('run', 'run_1'), attempt: 2, provider: 'claude' };
    expect(decodeEvent(stored(origin))).toMatchObject(origin);
  });
  test('freezes all of it', () => {
    const payload = '{"raw":{"list":[1,{"deep":[[]]}],"__proto__":{"x":[1]}}}';
    const event = decodeEvent(stored({ type: 'unparsed', payload }));
    expectFrozen(event);
    expect(JSON.stringify(event.data)).toBe(payload);
  });
  test.each(eventTypes)('knows %s', (type) => {
    expect(decodeEvent(stored({ type, payload: '{}' })).type).toBe(type);
  });
  test.each(['message_sung', 'unrecognized', 'toString', '__proto__', ''])(
    'gives %j as a type it does not know',
    (type) => {
      const event = decodeEvent(stored({ type, payload: '[{"any":1}]' }));
      expect(event).toMatchObject({ type: 'unrecognized', originalType: type, data: [{ any: 1 }], seq: 7 });
      expectFrozen(event);
    },
  );
  test('characters that JSON escapes come back', () => {
    const text = '\u0000\uD800 \u2028"\\';
    const event = decodeEvent(stored({ payload: JSON.stringify({ code: 'c', message: text }) }));
    expect(event.data).toEqual({ code: 'c', message: text });
  });
});
