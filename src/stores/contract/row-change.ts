import type { Approval } from '../../domain/approval.ts';
import type { Run } from '../../domain/run.ts';
import type { Session } from '../../domain/session.ts';
import type { RowChanges } from '../../ports/session-store.ts';
import { invalidInput } from './invalid-input.ts';
import { decodeRow, encodeRow } from './row-text.ts';

const identityFields = ['id', 'version', 'createdAt', 'sessionId'] as const;

/** Fields that a session always has: a change may replace but not remove them. */
const lastingFields = {
  session: ['status', 'updatedAt', 'tags', 'metadata', 'agents'] satisfies readonly (keyof Session)[],
  run: [
    'status',
    'logStart',
    'provider',
    'input',
    'options',
    'attempt',
    'usage',
  ] satisfies readonly (keyof Run)[],
  approval: [
    'runId',
    'status',
    'deadline',
    'onExpiry',
    'provider',
    'cwd',
    'call',
    'reason',
    'key',
  ] satisfies readonly (keyof Approval)[],
} as const;

/** The session row after a change of its fields: a new, deeply frozen object with the next version. */
export function changeSession(row: Session, changes: RowChanges<Session>): Session {
  return changeRow(row, changes, lastingFields.session);
}

/** The run row after a change of its fields: a new, deeply frozen object with the next version. */
export function changeRun(row: Run, changes: RowChanges<Run>): Run {
  return changeRow(row, changes, lastingFields.run);
}

/** The approval row after a change of its fields: a new, deeply frozen object with the next version. */
export function changeApproval(row: Approval, changes: RowChanges<Approval>): Approval {
  return changeRow(row, changes, lastingFields.approval);
}

/** A deeply frozen copy of a row that is to be created, as reading it back will give it. */
export function copyRow<Row extends object>(row: Row): Row {
  return decodeRow<Row>(encodeRow(row));
}

/** A field set to `undefined` is removed. Throws `invalid_input` for fields that can't change so. */
function changeRow<Row extends { readonly id: string; readonly version: number }>(
  row: Row,
  changes: RowChanges<Row>,
  lasting: readonly string[],
): Row {
  for (const [name, value] of Object.entries(changes)) {
    if (identityFields.some((field) => field === name)) {
      throw invalidInput(`The field \`${name}\` of ${row.id} never changes.`, { id: row.id, field: name });
    }
    if (value === undefined && lasting.includes(name)) {
      throw invalidInput(`The field \`${name}\` of ${row.id} can't be removed.`, { id: row.id, field: name });
    }
  }
  const version = row.version + 1;
  // Encoding drops what is undefined, so the copy has lost the removed fields.
  if (Object.values(changes).includes(undefined)) return copyRow({ ...row, ...changes, version });
  // What doesn't change is frozen already, and may be long.
  return Object.freeze({ ...row, ...copyFields(changes), version });
}

function copyFields<Fields extends object>(fields: Fields): Fields {
  return Object.values(fields).every(isPlain) ? fields : copyRow(fields);
}

/** True for what JSON keeps as it is. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
