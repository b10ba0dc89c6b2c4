import { brandId, idPrefixes, type Id, type IdKind, type IdSource } from '../domain/id.ts';

/**
 * Makes an id source that counts each kind from 1: `ses_00000001`, `ses_00000002`, `run_00000001`.
 * The ids of one source sort in the order in which it gave them.
 */
export function createTestIds(): IdSource {
  const counts = new Map<IdKind, number>();
  return <Kind extends IdKind>(kind: Kind): Id<Kind> => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return brandId(kind, `${idPrefixes[kind]}_${String(count).padStart(8, '0')}`);
  };
}
