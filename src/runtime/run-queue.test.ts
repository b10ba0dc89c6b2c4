import { expect, test } from 'vitest';
import { brandId, type RunId } from '../domain/id.ts';
import { createSeededRandom } from '../testing/store-contract/seeded-random.ts';
import { RunQueue } from './run-queue.ts';

const run = (name: string): RunId => brandId('run', `run_${name}`);
const nothing = new Set<RunId>();

test('the lowest position is first, and of equal ones the older id', () => {
  const queue = new RunQueue();
  queue.put(run('b'), 1);
  queue.put(run('c'), 0.5);
  queue.put(run('a'), 1);
  expect(queue.ids()).toEqual([run('c'), run('a'), run('b')]);
  expect(queue.first(new Set([run('c')]))).toBe(run('a'));
  expect(queue.free('first')).toBe(-0.5);
  expect(queue.free('last')).toBe(2);
  queue.remove(run('c'));
  queue.remove(run('c'));
  expect(queue.first(nothing)).toBe(run('a'));
  expect(new RunQueue().first(nothing)).toBeUndefined();
});

test('a position before another run leaves the one that moves out of account', () => {
  const queue = new RunQueue();
  for (const [index, name] of ['a', 'b', 'c'].entries()) queue.put(run(name), index);
  expect(queue.before(run('a'), run('c'))).toBe(-1);
  expect(queue.before(run('c'), run('a'))).toBe(1.5);
  expect(queue.before(run('c'), run('b'))).toBe(1);
  expect(queue.before(run('gone'), run('a'))).toBeUndefined();
  queue.put(run('b'), Number.MIN_VALUE);
  expect(queue.before(run('b'), run('c'))).toBeUndefined();
});

test('random changes leave it as sorting all of them would', () => {
  const random = createSeededRandom(3);
  const queue = new RunQueue();
  const model = new Map<RunId, number>();
  for (let step = 0; step < 5_000; step++) {
    const id = run(String(random.below(60)));
    if (random.chance(0.3)) {
      queue.remove(id);
      model.delete(id);
    } else {
      const position = random.below(40) / 2;
      queue.put(id, position);
      model.set(id, position);
    }
    if (step % 50 > 0) continue;
    const sorted = [...model].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([id_]) => id_);
    expect(queue.ids()).toEqual(sorted);
    expect(queue.size).toBe(model.size);
  }
});
