import type { RowPage } from '../../ports/session-store.ts';
import { encodeRowCursor, type RowCursor } from '../contract/page-cursor.ts';

/** Rows of one kind, by id and newest first. */
export class RowTable<Row extends RowCursor & { readonly id: Id }, Id extends string> {
  readonly #rows = new Map<Id, Row>();
  /** Oldest first: new rows come to the end, where an array grows cheaply. */
  readonly #order: { readonly createdAt: number; readonly id: Id }[] = [];

  get(id: Id): Row | undefined {
    return this.#rows.get(id);
  }

  /** Adds a row, or replaces the one with its id; a row's `createdAt` never changes. */
  put(row: Row): void {
    if (!this.#rows.has(row.id)) {
      this.#order.splice(this.#indexOf(row), 0, { createdAt: row.createdAt, id: row.id });
    }
    this.#rows.set(row.id, row);
  }

  /** Takes a row out, if it is there. */
  remove(row: Row): void {
    if (this.#rows.delete(row.id)) this.#order.splice(this.#indexOf(row), 1);
  }

  /** A page of the rows that pass `matches`, newest first, after the given one. */
  page(limit: number, after: RowCursor | undefined, matches: (row: Row) => boolean): RowPage<Row> {
    const rows: Row[] = [];
    for (
      let index = (after === undefined ? this.#order.length : this.#indexOf(after)) - 1;
      index >= 0;
      index--
    ) {
      const place = this.#order[index];
      const row = place === undefined ? undefined : this.#rows.get(place.id);
      if (row === undefined || !matches(row)) continue;
      const last = rows.at(-1);
      if (rows.length === limit && last !== undefined) {
        return Object.freeze({ rows: Object.freeze(rows), nextCursor: encodeRowCursor(last) });
      }
      rows.push(row);
    }
    return Object.freeze({ rows: Object.freeze(rows) });
  }

  /** Index of the first row that isn't older than `row`. */
  #indexOf(row: RowCursor): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#order[middle];
      if (other !== undefined && isOlder(other, row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isOlder(first: RowCursor, second: RowCursor): boolean {
  return first.createdAt === second.createdAt ? first.id < second.id : first.createdAt < second.createdAt;
}
