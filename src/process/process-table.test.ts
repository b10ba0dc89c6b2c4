import { expect, test } from 'vitest';
import { parseProcessStat, readProcessEntry } from './process-table.ts';

test('a program name with blanks and parentheses does not shift the fields', () => {
  const rest = `S 10 20 30 ${Array.from({ length: 15 }, () => '0').join(' ')} 4711 0 0`;
  expect(parseProcessStat(7, `7 (evil) R 1 1 1 (x) ${rest}`)).toEqual({
    pid: 7,
    parent: 10,
    group: 20,
    session: 30,
    startTime: 4711,
    alive: true,
  });
});

test('a zombie does not live, and what is cut short is nothing', () => {
  const rest = `Z 10 20 30 ${Array.from({ length: 15 }, () => '0').join(' ')} 4711 0 0`;
  expect(parseProcessStat(7, `7 (x) ${rest}`)?.alive).toBe(false);
  expect(parseProcessStat(7, '7 (x) S 1')).toBeUndefined();
});

test.runIf(process.platform === 'linux')('our own process is in the table', () => {
  expect(readProcessEntry(process.pid)).toMatchObject({
    pid: process.pid,
    parent: process.ppid,
    alive: true,
  });
});
