import { DatabaseSync } from 'node:sqlite';

/** What the seconds until their end do to the leases of processes that are gone: whoever looks next takes over. */
export function endLeases(store: string): void {
  using database = new DatabaseSync(store, { timeout: 60_000 });
  database.exec('UPDATE leases SET expires_at = 0');
}
