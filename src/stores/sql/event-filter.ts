/** A condition of a WHERE clause, to be added with AND, and the values of its parameters. */
export interface EventFilter {
  /** Empty when everything passes. */
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** What of a query can't be answered by numbers alone. */
export interface FilterFields {
  readonly types: ReadonlySet<string> | undefined;
  readonly runId?: string | undefined;
  readonly since?: number | undefined;
}

/** The condition for the filters of an event or feed query. */
export function eventFilter({ types, runId, since }: FilterFields): EventFilter {
  let sql = '';
  const values: (string | number)[] = [];
  if (types !== undefined) {
    sql += ` AND type IN (${[...types].map(() => '?').join(', ')})`;
    values.push(...types);
  }
  if (runId !== undefined) {
    sql += ' AND run = ?';
    values.push(runId);
  }
  if (since !== undefined) {
    sql += ' AND time >= ?';
    values.push(since);
  }
  return { sql, values };
}
