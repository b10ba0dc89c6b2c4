import { expect, test } from 'vitest';
import { brandId } from '../domain/id.ts';
import { RunQueue } from './run-queue.ts';

const run = (name: string): ReturnType<typeof brandId<'run'>> => brandId('run', `run_${name}`);
const none = new Set<string>();

test('the lowest position is first, and of equal ones the oldest id', () => {
  const queue = new RunQueue();
  queue.put(run('b'), 1);
  queue.put(run('a'), 1);
  queue.put(run('c'), 0.5);
  expect(queue.ids()).toEqual([run('c'), run('a'), run('b')]);
  expect(queue.first(none)).toBe(run('c'));
  expect(queue.first(new Set([run('c')]))).toBe(run('a'));
  expect([queue.free('first'), queue.free('last')]).toEqual([-0.5, 2]);
});

test('a run that is put again has its new place only, and one that is removed has none', () => {
  const queue = new RunQueue();
  for (const [index, name] of ['a', 'b', 'c'].entries()) queue.put(run(name), index);
  queue.put(run('a'), 5);
  queue.remove(run('b'));
  queue.remove(run('never'));
  expect(queue.ids()).toEqual([run('c'), run('a')]);
  expect([queue.has(run('a')), queue.has(run('b')), queue.size]).toEqual([true, false, 2]);
});

test('an empty queue has a first place too', () => {
  const queue = new RunQueue();
  expect([queue.free('first'), queue.free('last'), queue.first(none)]).toEqual([0, 0, undefined]);
});
