import { expect, test } from 'vitest';
import { timeWords } from './time-words.ts';

test.each([
  [0, '0 ms'],
  [250, '250 ms'],
  [2_022, '2 s'],
  [2_500, '2.5 s'],
  [59_999, '1 min'],
  [60_000, '1 min'],
  [90_000, '1 min 30 s'],
  [600_000, '10 min'],
  [3_601_000, '1 h'],
  [5_400_000, '1 h 30 min'],
  [86_400_000, '24 h'],
  [7 * 86_400_000, '7 d'],
  [50.5 * 3_600_000, '2 d 2 h'],
])('%s milliseconds are %s', (milliseconds, words) => {
  expect(timeWords(milliseconds)).toBe(words);
});
