import { describe, expect, test } from 'vitest';
import { brandId } from './id.ts';
import {
  assertSessionMove,
  assertSessionTakesRuns,
  canMoveSession,
  isTerminalSession,
  sessionStatuses,
  type Session,
  type SessionStatus,
} from './session.ts';

/** Every pair of states: columns are where a session may go, in the order of `sessionStatuses`. */
const table: Record<SessionStatus, string> = {
  pending: /*  */ '- a - - f c',
  active: /*   */ '- - p C f c',
  paused: /*   */ '- a - C f c',
  completed: /**/ '- - - - - -',
  failed: /*   */ '- - - - - -',
  cancelled: /**/ '- - - - - -',
};
const pairs = sessionStatuses.flatMap((from) =>
  table[from]
    .split(' ')
    .map((cell, column) => [from, sessionStatuses[column] ?? from, cell !== '-'] as const),
);

function sessionIn(status: SessionStatus): Session {
  return {
    id: brandId('session', 'ses_1'),
    status,
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    tags: [],
    metadata: {},
    agents: {},
  };
}

describe('moves', () => {
  test('the table names every pair', () => expect(pairs).toHaveLength(sessionStatuses.length ** 2));
  test.each(pairs)('%s to %s: %s', (from, to, allowed) => {
    expect(canMoveSession(from, to)).toBe(allowed);
    const move = (): void => assertSessionMove(sessionIn(from), to);
    if (allowed) expect(move).not.toThrow();
    else {
      const details = { sessionId: 'ses_1', from, to };
      expect(move).toThrow(expect.objectContaining({ code: 'invalid_transition', details }));
    }
  });
  test('a refused move says what is allowed, or that the state is final', () => {
    expect(() => assertSessionMove(sessionIn('pending'), 'paused')).toThrow('active, cancelled, failed');
    expect(() => assertSessionMove(sessionIn('failed'), 'active')).toThrow('final');
  });
});

test.each(sessionStatuses)('%s is final or takes runs as it should', (status) => {
  expect(isTerminalSession(status)).toBe(['completed', 'failed', 'cancelled'].includes(status));
  const start = (): void => assertSessionTakesRuns(sessionIn(status));
  if (status === 'active') expect(start).not.toThrow();
  else expect(start).toThrow(expect.objectContaining({ code: 'invalid_transition' }));
});
