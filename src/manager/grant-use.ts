import type { Approval } from '../domain/approval.ts';
import { hasErrorCode } from '../domain/error.ts';
import type { SessionStore } from '../ports/session-store.ts';

/**
 * Writes what uses a grant, once more if another call has used it at the same moment. False once it is revoked:
 * then nothing is written. `write` gets the row as it is.
 */
export async function unlessRevoked(
  store: Pick<SessionStore, 'approval'>,
  found: Approval,
  write: (row: Approval) => Promise<void>,
): Promise<boolean> {
  for (let row = found; ;) {
    try {
      await write(row);
      return true;
    } catch (thrown) {
      if (!hasErrorCode(thrown, 'conflict')) throw thrown;
      const current = await store.approval(row.id);
      if (current === undefined || current.version === row.version) throw thrown;
      if (current.revokedAt !== found.revokedAt) return false;
      row = current;
    }
  }
}
