import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { RunQuery } from '../../ports/session-store.ts';
import { readRunQuery } from '../contract/query-validation.ts';
import { encodeRowCursor } from '../contract/page-cursor.ts';
import { runListing } from '../sql/row-listing.ts';
import { sessionId } from '../../testing/store-contract/sample-rows.ts';
import { migrations } from './sqlite-schema.ts';

/** How SQLite finds the runs of a query, in its own words. */
function planOf(query: RunQuery): readonly string[] {
  using database = new DatabaseSync(':memory:');
  for (const migration of migrations) database.exec(migration);
  const { sql, values } = runListing(readRunQuery(query));
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  return plan.map(({ detail }) => String(detail));
}

const cursor = encodeRowCursor({ createdAt: 1, id: 'run_1' });

test.each<RunQuery>([
  { status: ['pending', 'running'] },
  { status: ['running'] },
  { status: ['pending'], provider: 'claude' },
  { status: ['pending', 'running'], cursor },
])('open runs are found among the open ones, without sorting: %j', (query) => {
  const all = planOf(query);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatch(/USING INDEX runs_open\b(?!_)/);
  const one = planOf({ ...query, sessionId: sessionId('one') });
  expect(one).toHaveLength(1);
  expect(one[0]).toMatch(/USING INDEX runs_open_by_session \(session_id=\?/);
});

test('runs that have ended, too, are not looked for there', () => {
  for (const query of [{}, { status: ['running', 'failed'] }] as const satisfies readonly RunQuery[])
    expect(planOf({ ...query, sessionId: sessionId('one') }).join()).not.toContain('runs_open');
});
