import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Clock } from '../../domain/clock.ts';
import { ForeignCommits } from './foreign-commits.ts';

let folder = '';
let own: DatabaseSync;
let other: DatabaseSync;
let found = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-foreign-commits-'));
  own = new DatabaseSync(join(folder, 'a.db'));
  own.exec('PRAGMA journal_mode = WAL; CREATE TABLE numbers (number)');
  other = new DatabaseSync(join(folder, 'a.db'));
  found = 0;
});
afterEach(() => {
  own.close();
  other.close();
  rmSync(folder, { recursive: true });
});

/** A clock that stands still until it is told to go to the next timer. */
function steppedClock(): Clock & { readonly pauses: number[]; step(): void; readonly pending: number } {
  let now = 0;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    monotonic: () => now,
    get pending() {
      return timers.length;
    },
    startTimer(milliseconds, callback) {
      pauses.push(milliseconds);
      const timer = { at: now + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    step() {
      const next = timers.shift();
      now = next?.at ?? now;
      next?.callback();
    },
  };
}

function watchForeign(clock: Clock): ForeignCommits {
  return new ForeignCommits(own, () => found++, clock);
}

test("others' commits are found, own ones are not", () => {
  const foreign = watchForeign(steppedClock());
  own.exec('INSERT INTO numbers VALUES (1)');
  expect(foreign.check()).toBe(false);
  other.exec('INSERT INTO numbers VALUES (2)');
  expect(foreign.check()).toBe(true);
  expect(foreign.check()).toBe(false);
  expect(found).toBe(1);
});

test('it looks every 10 ms, every 100 ms after a quiet minute, and every 10 ms again after a commit', () => {
  const clock = steppedClock();
  const foreign = watchForeign(clock);
  foreign.start();
  while (clock.monotonic() < 60_000) clock.step();
  expect(new Set(clock.pauses.slice(0, -1))).toEqual(new Set([10]));
  expect(clock.pauses.at(-1)).toBe(100);
  other.exec('INSERT INTO numbers VALUES (1)');
  clock.step();
  expect(found).toBe(1);
  expect(clock.pauses.at(-1)).toBe(10);
  foreign.stop();
});

test('stopped, it leaves no timer; started twice, it has one', () => {
  const clock = steppedClock();
  const foreign = watchForeign(clock);
  foreign.start();
  foreign.start();
  expect(clock.pending).toBe(1);
  foreign.stop();
  expect(clock.pending).toBe(0);
});

test('while a transaction of its own is open it does not look', () => {
  const clock = steppedClock();
  const foreign = watchForeign(clock);
  foreign.start();
  other.exec('INSERT INTO numbers VALUES (1)');
  own.exec('BEGIN IMMEDIATE');
  clock.step();
  expect(found).toBe(0);
  own.exec('COMMIT');
  clock.step();
  expect(found).toBe(1);
  foreign.stop();
});
