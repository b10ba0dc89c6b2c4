import { describe, expect, test } from 'vitest';
import { createEventChannel, type EventChannel } from './event-channel.ts';

async function rest<Item extends NonNullable<unknown>>(channel: EventChannel<Item>): Promise<Item[]> {
  return await Array.fromAsync(channel);
}

/** Whether a promise has settled once everything that was due ran. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('order and end', () => {
  test('items come in their order, then the end', async () => {
    const channel = createEventChannel<number>();
    for (let item = 0; item < 100; item++) void channel.push(item);
    channel.end();
    expect(await rest(channel)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
  test('a waiting reader is woken by an item, and by the end', async () => {
    const channel = createEventChannel<string>();
    const reading = rest(channel);
    await channel.push('a');
    await new Promise((resolve) => setImmediate(resolve));
    await channel.push('b');
    channel.end();
    expect(await reading).toEqual(['a', 'b']);
  });
  test('falsy items are items', async () => {
    const channel = createEventChannel<number | string | boolean>();
    for (const item of [0, '', false]) void channel.push(item);
    channel.end();
    expect(await rest(channel)).toEqual([0, '', false]);
  });
  test('a failure comes after what waits; what comes first counts', async () => {
    const channel = createEventChannel<string>();
    await channel.push('a');
    channel.fail(new Error('broken'));
    channel.end();
    channel.fail(new Error('again'));
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const item of channel) seen.push(item);
    };
    await expect(read()).rejects.toThrow('broken');
    expect(seen).toEqual(['a']);
  });
});

describe('bounds', () => {
  test('pushers wait while it is full and go on when there is room', async () => {
    const channel = createEventChannel<number>(2);
    expect(await isSettled(channel.push(1))).toBe(true);
    const second = channel.push(2);
    const third = channel.push(3);
    expect(await isSettled(second)).toBe(false);
    const iterator = channel[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    expect(await isSettled(third)).toBe(false);
    expect(await iterator.next()).toEqual({ done: false, value: 2 });
    await Promise.all([second, third]);
  });
  test('the end releases pushers that wait, and the reader still gets their items', async () => {
    const channel = createEventChannel<number>(1);
    const pushed = channel.push(1);
    channel.end();
    await pushed;
    expect(await rest(channel)).toEqual([1]);
  });
  test.each([0, -1, 1.5, Number.NaN, Infinity])('refuses a capacity of %d', (capacity) => {
    expect(() => createEventChannel(capacity)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('what is dropped', () => {
  test('items after the end are counted', async () => {
    const channel = createEventChannel<number>();
    channel.end();
    await channel.push(1);
    await channel.push(2);
    expect(channel.dropped).toBe(2);
    expect(await rest(channel)).toEqual([]);
  });
  test('a reader that leaves ends it, releases pushers, and what waited is counted', async () => {
    const channel = createEventChannel<number>(2);
    const pushes = [1, 2, 3, 4].map((item) => channel.push(item));
    for await (const item of channel) {
      expect(item).toBe(1);
      break;
    }
    await Promise.all(pushes);
    expect(channel.dropped).toBe(3);
    await channel.push(5);
    expect(channel.dropped).toBe(4);
    expect(await rest(channel)).toEqual([]);
  });
});
