import { describe, expect, test } from 'vitest';
import { brandId } from './id.ts';
import {
  assertRunMove,
  canMoveRun,
  isTerminalRun,
  runStatuses,
  terminalRunStatuses,
  type Run,
  type RunStatus,
} from './run.ts';
import { noUsage } from './usage.ts';

/** Every pair of states: columns are where a run may go, in the order of `runStatuses`. */
const table: Record<RunStatus, string> = {
  pending: /*  */ '- r - f c t',
  running: /*  */ '- - C f c t',
  completed: /**/ '- - - - - -',
  failed: /*   */ '- - - - - -',
  cancelled: /**/ '- - - - - -',
  timed_out: /**/ '- - - - - -',
};
const pairs = runStatuses.flatMap((from) =>
  table[from].split(' ').map((cell, column) => [from, runStatuses[column] ?? from, cell !== '-'] as const),
);

function runIn(status: RunStatus): Run {
  return {
    id: brandId('run', 'run_1'),
    sessionId: brandId('session', 'ses_1'),
    status,
    version: 1,
    createdAt: 0,
    logStart: 0,
    provider: 'scripted',
    input: [],
    options: {},
    attempt: 0,
    usage: noUsage,
  };
}

describe('moves', () => {
  test('the table names every pair', () => expect(pairs).toHaveLength(runStatuses.length ** 2));
  test.each(pairs)('%s to %s: %s', (from, to, allowed) => {
    expect(canMoveRun(from, to)).toBe(allowed);
    const move = (): void => assertRunMove(runIn(from), to);
    if (allowed) expect(move).not.toThrow();
    else {
      const details = { runId: 'run_1', from, to };
      expect(move).toThrow(expect.objectContaining({ code: 'invalid_transition', details }));
    }
  });
  test('a refused move says what is allowed, or that the state is final', () => {
    expect(() => assertRunMove(runIn('pending'), 'completed')).toThrow(
      'running, failed, cancelled, timed_out',
    );
    expect(() => assertRunMove(runIn('timed_out'), 'running')).toThrow('final');
  });
});

test('the final states are those of the list', () => {
  expect(runStatuses.filter(isTerminalRun)).toEqual([...terminalRunStatuses]);
});
