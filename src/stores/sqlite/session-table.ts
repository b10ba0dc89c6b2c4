import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { RunId, SessionId } from '../../domain/id.ts';
import type { Session } from '../../domain/session.ts';
import { decodeRow, encodeRow } from '../contract/row-text.ts';
import { columnText } from '../sql/column-text.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** A session as its writer knows it. Right as long as no other process commits and nothing is rolled back. */
export interface SessionEntry {
  readonly number: number;
  row: Session;
  latestSeq: number;
  /** The runs with events in the log, as far as they were met, of which more are expected. */
  readonly runs: Set<RunId>;
}

const largestCache = 2000;

/** The writer's side of the tables `sessions`, `session_tags` and `logs`. */
export class SessionTable {
  readonly #entries = new Map<SessionId, SessionEntry>();
  readonly #find: Query<readonly [number: number, row: string, latestSeq: number]>;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #insertLog: StatementSync;
  readonly #updateLog: StatementSync;
  readonly #insertTag: StatementSync;
  readonly #deleteTags: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = prepareQuery(
      database,
      'SELECT number, row, latest_seq FROM sessions JOIN logs ON logs.session = number WHERE id = ?',
    );
    this.#insert = database.prepare(
      'INSERT INTO sessions (id, status, provider, created_at, row) VALUES (?, ?, ?, ?, ?)',
    );
    this.#update = database.prepare('UPDATE sessions SET status = ?, provider = ?, row = ? WHERE number = ?');
    this.#insertLog = database.prepare('INSERT INTO logs (session, latest_seq, revision) VALUES (?, 0, 0)');
    this.#updateLog = database.prepare(
      'UPDATE logs SET latest_seq = ?, revision = revision + 1 WHERE session = ?',
    );
    this.#insertTag = database.prepare('INSERT INTO session_tags (session, tag) VALUES (?, ?)');
    this.#deleteTags = database.prepare('DELETE FROM session_tags WHERE session = ?');
  }

  find(id: SessionId): SessionEntry | undefined {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const found = this.#find.get(id);
    if (found === undefined) return undefined;
    const [number, row, latestSeq] = found;
    return this.#remember({ number, row: decodeRow<Session>(row), latestSeq, runs: new Set() });
  }

  /** The row, if it is known without a look at the file. */
  known(id: SessionId): Session | undefined {
    return this.#entries.get(id)?.row;
  }

  create(row: Session): SessionEntry {
    const { lastInsertRowid } = this.#insert.run(
      row.id,
      row.status,
      columnOf(row.provider),
      row.createdAt,
      encodeRow(row),
    );
    const number = Number(lastInsertRowid);
    this.#insertLog.run(number);
    this.#writeTags(number, row.tags);
    return this.#remember({ number, row, latestSeq: 0, runs: new Set() });
  }

  update(entry: SessionEntry, row: Session): void {
    this.#update.run(row.status, columnOf(row.provider), encodeRow(row), entry.number);
    if (row.tags.length > 0 || entry.row.tags.length > 0) {
      this.#deleteTags.run(entry.number);
      this.#writeTags(entry.number, row.tags);
    }
    entry.row = row;
  }

  /** Notes that the session changed, and how far its log goes now. */
  updateLog(entry: SessionEntry, latestSeq: number): void {
    this.#updateLog.run(latestSeq, entry.number);
    entry.latestSeq = latestSeq;
  }

  /** Forgets what was read: it may no longer be so. */
  forget(): void {
    this.#entries.clear();
  }

  #writeTags(number: number, tags: readonly string[]): void {
    for (const tag of new Set(tags)) this.#insertTag.run(number, columnText(tag));
  }

  #remember(entry: SessionEntry): SessionEntry {
    if (this.#entries.size >= largestCache) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(entry.row.id, entry);
    return entry;
  }
}

function columnOf(text: string | undefined): string | null {
  return text === undefined ? null : columnText(text);
}
