import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { countBegun, parseProcessStat, readProcessEntry, readProcessTable } from './process-table.ts';

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

test.runIf(process.platform === 'linux')(
  'what began after a process is found without looking at the rest',
  async () => {
    const child = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const { pid } = child;
      expect(pid).toBeDefined();
      if (pid === undefined) return;
      const [text] = await once(child.stdout, 'data');
      const grandchild = Number(String(text));
      const idsSince = (begun: number | undefined): readonly number[] =>
        readProcessTable({ pid, begun }).map((entry) => entry.pid);
      const later = idsSince(countBegun());
      expect(later).toEqual(expect.arrayContaining([pid, grandchild]));
      expect(later).not.toContain(process.pid);
      // So many since that the ids may have come round, or nobody knows how many: nothing is left out.
      for (const begun of [Number.NEGATIVE_INFINITY, undefined])
        expect(idsSince(begun)).toEqual(expect.arrayContaining([pid, grandchild, process.pid]));
      process.kill(grandchild, 'SIGKILL');
    } finally {
      child.kill('SIGKILL');
    }
  },
);
