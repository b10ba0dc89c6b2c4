import type { DatabaseSync } from 'node:sqlite';

import { AsmError } from '../../domain/error.ts';
import { prepareQuery } from './sqlite-connection.ts';
import { applicationId, migrations } from './sqlite-schema.ts';

/**
 * Brings an open file to the newest schema, in write-ahead mode. Does nothing to one that is there
 * already, and writes nothing to a file that isn't ours. Throws SQLite's "busy" while another process
 * does the same: call it again. Throws `storage_invalid`, `storage_newer_schema` or
 * `storage_unavailable` (the file system can't share memory).
 */
export function migrate(database: DatabaseSync, path: string, steps: readonly string[] = migrations): void {
  checkOwner(database, path, steps.length);
  const [mode] = prepareQuery<readonly [string]>(database, 'PRAGMA journal_mode = WAL').get() ?? [];
  if (mode !== 'wal') {
    throw new AsmError(
      'storage_unavailable',
      `The file system of ${path} can't hold a write-ahead log. Put the store on a local disk.`,
      { details: { path } },
    );
  }
  if (schemaVersion(database) === steps.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Again under the lock: another process may just have done it.
    const version = checkOwner(database, path, steps.length);
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The schema version of a file of ours; 0 for an empty one. */
function checkOwner(database: DatabaseSync, path: string, newest: number): number {
  // The tables first: they are made and claimed in one transaction, so whoever sees them sees the claim.
  const [tables] = prepareQuery<readonly [number]>(database, 'SELECT count(*) FROM sqlite_schema').get() ?? [
    0,
  ];
  const [owner] = prepareQuery<readonly [number]>(database, 'PRAGMA application_id').get() ?? [0];
  const details = { path };
  if (owner !== applicationId) {
    if (owner === 0 && tables === 0) return 0;
    throw new AsmError('storage_invalid', `${path} is the database of another program. Give another path.`, {
      details,
    });
  }
  const version = schemaVersion(database);
  if (version <= newest) return version;
  throw new AsmError(
    'storage_newer_schema',
    `${path} was made by a newer version of agent-session-manager (schema ${version}, this one knows ${newest}). Update the package.`,
    { details: { path, found: version, newest } },
  );
}

function schemaVersion(database: DatabaseSync): number {
  return prepareQuery<readonly [number]>(database, 'PRAGMA user_version').get()?.[0] ?? 0;
}
