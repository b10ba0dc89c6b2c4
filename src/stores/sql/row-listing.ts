import { areOpenStatuses, openRunStatuses } from '../../domain/run.ts';
import type { ApprovalRange, RowRange } from '../contract/query-validation.ts';
import { columnText } from './column-text.ts';

/** A query as text and the values of its parameters. */
export interface Listing {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** As the indexes of open runs have it, which are not used for what is only known when the query runs. */
const isOpen: Listing = {
  sql: `status IN (${openRunStatuses.map((status) => `'${status}'`).join(', ')})`,
  values: [],
};

/** The page of session rows that a query asks for, with one row more to see whether there are more. */
export function sessionListing(range: RowRange & { readonly tag: string | undefined }): Listing {
  const conditions = rowConditions(range);
  if (range.tag !== undefined) {
    conditions.push({
      sql: 'EXISTS (SELECT 1 FROM session_tags WHERE session = sessions.number AND tag = ?)',
      values: [columnText(range.tag)],
    });
  }
  return page('sessions', conditions, range.limit);
}

/** The page of run rows that a query asks for, with one row more to see whether there are more. */
export function runListing(range: RowRange & { readonly sessionId: string | undefined }): Listing {
  const conditions = rowConditions(range);
  if (range.status !== undefined && areOpenStatuses(range.status)) conditions.push(isOpen);
  if (range.sessionId !== undefined) {
    conditions.push({ sql: 'session_id = ?', values: [columnText(range.sessionId)] });
  }
  return page('runs', conditions, range.limit);
}

/** The page of approval rows that a query asks for, with one row more to see whether there are more. */
export function approvalListing(range: ApprovalRange): Listing {
  const conditions = rowConditions({ ...range, provider: undefined });
  if (range.sessionId !== undefined) {
    conditions.push({ sql: 'session_id = ?', values: [columnText(range.sessionId)] });
  }
  if (range.runId !== undefined) conditions.push({ sql: 'run_id = ?', values: [columnText(range.runId)] });
  if (range.lasting) conditions.push({ sql: 'lasting = 1', values: [] });
  return page('approvals', conditions, range.limit);
}

function rowConditions(range: RowRange): Listing[] {
  const conditions: Listing[] = [];
  if (range.status !== undefined) {
    const values = [...range.status].map((status) => columnText(status));
    conditions.push({ sql: `status IN (${values.map(() => '?').join(', ')})`, values });
  }
  if (range.provider !== undefined) {
    conditions.push({ sql: 'provider = ?', values: [columnText(range.provider)] });
  }
  if (range.after !== undefined) {
    conditions.push({ sql: '(created_at, id) < (?, ?)', values: [range.after.createdAt, range.after.id] });
  }
  return conditions;
}

function page(
  table: 'sessions' | 'runs' | 'approvals',
  conditions: readonly Listing[],
  limit: number,
): Listing {
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} `;
  return {
    sql: `SELECT row FROM ${table} ${where}ORDER BY created_at DESC, id DESC LIMIT ?`,
    values: [...conditions.flatMap(({ values }) => values), limit + 1],
  };
}
