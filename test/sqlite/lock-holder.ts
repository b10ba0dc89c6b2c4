/** Takes the write lock of a database and keeps it until the process is ended. */
import { DatabaseSync } from 'node:sqlite';

process.on('message', ({ path }: { readonly path: string }) => {
  const database = new DatabaseSync(path);
  database.exec('BEGIN IMMEDIATE');
  process.send?.('locked');
});
