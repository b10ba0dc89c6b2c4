import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../domain/json.ts';
import { createMessageStream } from './message-stream.ts';

async function read(
  lines: string,
  asked: readonly number[] = [],
): Promise<{
  readonly messages: unknown[];
  readonly foreign: JsonValue[];
  readonly ends: unknown[];
  readonly notifications: unknown[];
}> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const foreign: JsonValue[] = [];
  const ends: unknown[] = [];
  const notifications: unknown[] = [];
  const stream = createMessageStream({
    input,
    output,
    ready: () => Promise.resolve(),
    onNotification: (method, params) => notifications.push([method, params]),
    onForeign: (raw) => foreign.push(raw),
    onEnd: (broken) => ends.push(broken),
  });
  const writer = stream.writable.getWriter();
  for (const id of asked) await writer.write({ jsonrpc: '2.0', id, method: 'm' });
  input.end(lines);
  const messages: unknown[] = [];
  for (const reader = stream.readable.getReader(); ;) {
    const { value, done } = await reader.read();
    if (done) return { messages, foreign, ends, notifications };
    messages.push(value);
  }
}

const notification = { jsonrpc: '2.0', method: 'n' };

describe('the messages of an agent', () => {
  it('are taken among lines that are none, which are kept', async () => {
    const { notifications, foreign, ends } = await read(
      [
        'Welcome!',
        JSON.stringify(notification),
        '',
        '[1,2]',
        '"text"',
        '{"jsonrpc":"1.0","method":"n"}',
        '{"half',
      ].join('\n'),
    );
    expect(notifications).toEqual([['n', null]]);
    expect(foreign).toEqual(['Welcome!', [1, 2], 'text', { jsonrpc: '1.0', method: 'n' }, '{"half']);
    expect(ends).toEqual([undefined]);
  });

  it('may end without a line end', async () => {
    expect((await read(JSON.stringify(notification))).notifications).toEqual([['n', null]]);
  });

  it('are read on only when somebody wants them', async () => {
    const wanted = Promise.withResolvers<void>();
    const notifications: string[] = [];
    const input = new PassThrough();
    const { readable } = createMessageStream({
      input,
      output: new PassThrough(),
      ready: () => wanted.promise,
      onNotification: (method) => notifications.push(method),
      onForeign: () => undefined,
      onEnd: () => undefined,
    });
    const end = readable.getReader().read();
    const line = `${JSON.stringify({ ...notification, params: 'x'.repeat(10_000) })}\n`;
    let lines = 1;
    for (; input.write(line) || !input.writableNeedDrain; lines++) await setImmediate();
    expect(notifications).toEqual([]);
    input.end();
    wanted.resolve();
    await end;
    expect(notifications).toHaveLength(lines);
  });

  it('are answers only to what was asked, once, and in the right form', async () => {
    const answer = { jsonrpc: '2.0', id: 0, result: 1 };
    const wrong = [
      { jsonrpc: '2.0', id: 7, result: 1 },
      { jsonrpc: '2.0', result: 1 },
      { jsonrpc: '2.0', id: 1 },
      { jsonrpc: '2.0', id: 1, error: { message: 'no code' } },
      { jsonrpc: '2.0', id: null, method: 'm' },
    ];
    const lines = [...wrong, answer, answer].map((message) => JSON.stringify(message)).join('\n');
    const { messages, foreign } = await read(lines, [0, 1]);
    expect(messages).toEqual([answer]);
    expect(foreign).toEqual([...wrong, answer]);
  });

  it('are not read on when one is without end', async () => {
    const { notifications, ends } = await read(
      `${JSON.stringify(notification)}\n{"x":"${'y'.repeat(65 * 1024 * 1024)}`,
    );
    expect(notifications).toEqual([['n', null]]);
    expect(String(ends[0])).toContain('bytes');
  });

  it('that are foreign and long are kept cut', async () => {
    const { foreign } = await read(`${'z'.repeat(1_000_000)}\n["${'z'.repeat(1_000_000)}"]\n`);
    expect(foreign.map((raw) => String(raw).length)).toEqual([4_096, 4_096]);
  });
});
