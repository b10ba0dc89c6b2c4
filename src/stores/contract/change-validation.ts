import { parseId } from '../../domain/id.ts';
import type { NewEvent } from '../../domain/stored-event.ts';
import type { Change, RowWrite } from '../../ports/session-store.ts';
import { invalidInput, isStorableText, isWholeNumber } from './invalid-input.ts';
import { validateLeaseRequest } from './lease-validation.ts';
import { longestName } from './longest-name.ts';

/** The longest payload of one event, in UTF-16 units. */
export const longestPayload = 1_048_576;
/** The longest idempotency key, in UTF-16 units. */
export const longestKey = 200;

/**
 * Checks all of a change that can be checked without the stored state. Throws `invalid_input` for:
 * nothing to write, a malformed key, fence or event, a payload over `longestPayload` or with lone
 * surrogates (not every medium can hold them; JSON escapes them), a row of another session, a row
 * written twice, a created row whose version isn't 1.
 */
export function validateChange(change: Change): void {
  if (typeof change.sessionId !== 'string') throw invalidInput('A change names its session by `sessionId`.');
  const events: unknown = change.events;
  if (!Array.isArray(events)) throw invalidInput('The `events` of a change are an array.');
  const { runs = [], approvals = [] } = change;
  const writesRow = change.session !== undefined || runs.length > 0 || approvals.length > 0;
  if (change.events.length === 0 && !writesRow) {
    throw invalidInput('A change writes at least one event or one row.');
  }
  if (change.key !== undefined && !isStorableText(change.key, longestKey)) {
    throw invalidInput(
      `An idempotency key is text of 1 to ${longestKey} characters without lone surrogates.`,
    );
  }
  if (
    change.lease !== undefined &&
    (typeof change.lease.runId !== 'string' || !isWholeNumber(change.lease.token, 1))
  ) {
    throw invalidInput('The `lease` of a change is the id of a run and a token from `leases.acquire`.');
  }
  if (change.takeLease !== undefined) {
    validateLeaseRequest(change.takeLease);
    if (change.key !== undefined) throw invalidInput('A change with a key takes no lease.');
  }
  for (const event of change.events) validateEvent(event);
  if (change.session !== undefined) validateSessionWrite(change.session, change.sessionId);
  validateRowWrites('run', runs, change.sessionId);
  validateRowWrites('approval', approvals, change.sessionId);
}

function validateEvent(event: NewEvent): void {
  if (!isStorableText(event.type, longestName)) throw invalidInput('The `type` of an event is its name.');
  if (!isWholeNumber(event.time, 0)) {
    throw invalidInput(
      `The \`time\` of an event is whole milliseconds since 1970, not ${String(event.time)}.`,
    );
  }
  if (typeof event.payload !== 'string' || event.payload.length === 0 || !event.payload.isWellFormed()) {
    throw invalidInput(
      'The `payload` of an event is JSON text; lone surrogates in it are written as escapes.',
    );
  }
  if (event.payload.length > longestPayload) {
    throw invalidInput(
      `The payload of a \`${event.type}\` event has ${event.payload.length} characters; at most ${longestPayload} are stored.`,
      { length: event.payload.length, longest: longestPayload },
    );
  }
  if (event.runId !== undefined && !isStorableText(event.runId, longestName)) {
    throw invalidInput('The `runId` of an event is the id of a run.');
  }
  if (event.provider !== undefined && !isStorableText(event.provider, longestName)) {
    throw invalidInput('The `provider` of an event is the name of a provider.');
  }
  if (event.attempt !== undefined && !isWholeNumber(event.attempt, 0)) {
    throw invalidInput('The `attempt` of an event is a whole number.');
  }
}

type ChangeableRow = { readonly id: string; readonly version: number; readonly createdAt: number };

function validateSessionWrite(write: NonNullable<Change['session']>, sessionId: string): void {
  const id = 'create' in write ? write.create.id : write.id;
  if (id !== sessionId)
    throw invalidInput(`A change to session ${sessionId} can't write the row of session ${id}.`);
  if ('create' in write && parseId('session', id) === undefined)
    throw invalidInput(`${id} is no id of a session.`);
  validateRowWrite(write);
}

type OwnedRow = ChangeableRow & { readonly sessionId: string };

function validateRowWrites<Row extends OwnedRow>(
  kind: 'run' | 'approval',
  writes: readonly RowWrite<Row>[],
  sessionId: string,
): void {
  const written = new Set<string>();
  for (const write of writes) {
    const id = 'create' in write ? write.create.id : write.id;
    if (written.has(id)) throw invalidInput(`A change writes the row of ${kind} ${id} only once.`);
    written.add(id);
    if ('create' in write) {
      if (parseId(kind, id) === undefined) throw invalidInput(`${id} is no id of ${aOrAn[kind]}.`);
      if (write.create.sessionId !== sessionId) {
        throw invalidInput(
          `${names[kind]} ${id} belongs to session ${write.create.sessionId}; the change is to ${sessionId}.`,
        );
      }
    }
    validateRowWrite(write);
  }
}

const names = { run: 'Run', approval: 'Approval' } as const;
const aOrAn = { run: 'a run', approval: 'an approval' } as const;

function validateRowWrite<Row extends ChangeableRow>(write: RowWrite<Row>): void {
  if (!('create' in write)) {
    if (!isWholeNumber(write.expectedVersion, 1))
      throw invalidInput('An `expectedVersion` is a whole number from 1.');
    return;
  }
  const { id, version, createdAt } = write.create;
  if (version !== 1) throw invalidInput(`The new row ${id} has version ${version}; rows begin with 1.`);
  if (!isWholeNumber(createdAt, 0)) {
    throw invalidInput(
      `The \`createdAt\` of ${id} is whole milliseconds since 1970, not ${String(createdAt)}.`,
    );
  }
}
