import type { Approval, ApprovalId } from '../../domain/approval.ts';
import { AsmError } from '../../domain/error.ts';
import type { RunId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
import type { Session } from '../../domain/session.ts';
import type { Change, LeaseRequest, RowChanges, RowWrite } from '../../ports/session-store.ts';
import { invalidInput } from './invalid-input.ts';
import { changeApproval, changeRun, changeSession, copyRow } from './row-change.ts';

/** What is stored, as far as a change is checked against it. */
export interface StoredState {
  /** The row of the change's session. */
  session(): Session | undefined;
  /** The row of any run, also one of another session. */
  run(id: RunId): Run | undefined;
  /** The row of any approval, also one of another session. */
  approval(id: ApprovalId): Approval | undefined;
  /**
   * The newest token of the run that nobody gave back; `undefined` when there is none. It counts
   * also after its time ran out: until another takes the lease over, its holder is the only writer.
   */
  leaseToken(id: RunId): number | undefined;
  /** False while another owner's lease of the run has time left. */
  isLeaseFree(request: LeaseRequest): boolean;
}

/** The rows as a change leaves them, deeply frozen. */
export interface DecidedRows {
  readonly session?: Session;
  readonly runs: readonly Run[];
  readonly approvals: readonly Approval[];
}

/**
 * Decides whether a valid change may be written, before anything is. Checked in this order: the
 * session exists (`session_not_found`) or not yet (`already_exists`), the fence (`lease_lost`), the lease
 * to take (`run_already_executing`), the version of the session row (`conflict`, details `expected` and
 * `actual`), each run row (`already_exists`, `run_not_found`, `conflict`), and each approval row likewise.
 */
export function decideChange(change: Change, state: StoredState): DecidedRows {
  const stored = state.session();
  const { session, lease, takeLease } = change;
  if (session !== undefined && 'create' in session) {
    if (stored !== undefined) throw alreadyExists('Session', change.sessionId);
  } else if (stored === undefined) {
    throw sessionNotFound(change.sessionId);
  }
  if (lease !== undefined && state.leaseToken(lease.runId) !== lease.token)
    throw leaseLost(lease.runId, lease.token);
  if (takeLease !== undefined && !state.isLeaseFree(takeLease)) throw runAlreadyExecuting(takeLease.runId);
  const decided = decideSession(session, stored);
  const runs = (change.runs ?? []).map((write) =>
    decideRow(change, write, { kind: 'run', stored: state.run(idOf(write)), change: changeRun }),
  );
  const approvals = (change.approvals ?? []).map((write) =>
    decideRow(change, write, {
      kind: 'approval',
      stored: state.approval(idOf(write)),
      change: changeApproval,
    }),
  );
  return decided === undefined ? { runs, approvals } : { session: decided, runs, approvals };
}

function decideSession(write: Change['session'], stored: Session | undefined): Session | undefined {
  if (write === undefined) return undefined;
  if ('create' in write) return copyRow(write.create);
  if (stored === undefined) throw sessionNotFound(write.id);
  checkVersion(stored, write.expectedVersion);
  return changeSession(stored, write.set);
}

interface RowFacts<Row> {
  readonly kind: 'run' | 'approval';
  readonly stored: Row | undefined;
  readonly change: (row: Row, changes: RowChanges<Row>) => Row;
}

const rowNames = { run: 'Run', approval: 'Approval' } as const;
const notFoundCodes = { run: 'run_not_found', approval: 'approval_not_found' } as const;

function decideRow<Row extends Run | Approval>(
  change: Change,
  write: RowWrite<Row>,
  { kind, stored, change: changeRow }: RowFacts<Row>,
): Row {
  if ('create' in write) {
    if (stored !== undefined) throw alreadyExists(rowNames[kind], write.create.id);
    return copyRow(write.create);
  }
  if (stored === undefined) {
    throw new AsmError(notFoundCodes[kind], `No ${kind} has the id ${write.id}.`, {
      details: { [`${kind}Id`]: write.id },
    });
  }
  if (stored.sessionId !== change.sessionId) {
    throw invalidInput(
      `${rowNames[kind]} ${stored.id} belongs to session ${stored.sessionId}; the change is to ${change.sessionId}.`,
    );
  }
  checkVersion(stored, write.expectedVersion);
  return changeRow(stored, write.set);
}

function idOf<Row extends Run | Approval>(write: RowWrite<Row>): Row['id'] {
  return 'create' in write ? write.create.id : write.id;
}

function checkVersion(row: { readonly id: string; readonly version: number }, expected: number): void {
  if (row.version === expected) return;
  throw new AsmError('conflict', `${row.id} has version ${row.version}, not ${expected}: read it again.`, {
    details: { id: row.id, expected, actual: row.version },
  });
}

/** The error for a session that isn't there. */
export function sessionNotFound(sessionId: string): AsmError {
  return new AsmError('session_not_found', `No session has the id ${sessionId}.`, { details: { sessionId } });
}

/** The error for a fence or a renewal with a token that isn't the newest, or was given back. */
export function leaseLost(runId: string, token: number): AsmError {
  return new AsmError(
    'lease_lost',
    `Lease ${token} of run ${runId} is no longer ours: stop writing the run.`,
    {
      details: { runId, token },
    },
  );
}

/** The error for a lease that another owner holds. */
export function runAlreadyExecuting(runId: string): AsmError {
  return new AsmError('run_already_executing', `Run ${runId} is being executed by another process or call.`, {
    details: { runId },
  });
}

/** The error for a key that was used for a change with another fingerprint. */
export function keyReused(sessionId: string, key: string): AsmError {
  return new AsmError(
    'idempotency_key_reused',
    `The key ${JSON.stringify(key)} was used in session ${sessionId} for a change with other content. Take a new key.`,
    { details: { sessionId, key } },
  );
}

function alreadyExists(kind: string, id: string): AsmError {
  return new AsmError('already_exists', `${kind} ${id} is there already.`, { details: { id } });
}
