import { createHash } from 'node:crypto';

import type { Change, RowWrite } from '../../ports/session-store.ts';
import { invalidInput } from './invalid-input.ts';

/** How long an idempotency key is remembered, in milliseconds: 7 days from its commit. */
export const keyLifetime = 7 * 24 * 60 * 60 * 1000;

/**
 * SHA-256, in hexadecimal, of what a change writes: equal for equal content, whatever the order of
 * the fields in its objects. The key itself and the lease are no content: a retry under a newer
 * lease is still the same change.
 */
export function changeFingerprint(change: Change): string {
  const content = [
    change.sessionId,
    change.session === undefined ? null : rowContent(change.session),
    (change.runs ?? []).map((write) => rowContent(write)),
    // Left out where there is none, as before there were any.
    ...(change.approvals === undefined ? [] : [change.approvals.map((write) => rowContent(write))]),
    change.events.map((event) => [
      event.type,
      event.time,
      event.payload,
      event.runId ?? null,
      event.attempt ?? null,
      event.provider ?? null,
    ]),
  ];
  try {
    return createHash('sha256').update(JSON.stringify(content, sortFields)).digest('hex');
  } catch (error) {
    throw invalidInput(`A change must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function rowContent<Row extends { readonly id: string; readonly version: number }>(
  write: RowWrite<Row>,
): unknown {
  if ('create' in write) return ['create', write.create];
  const fields = Object.entries(write.set).map(([name, value]) =>
    value === undefined ? [name] : [name, value],
  );
  return ['set', write.id, write.expectedVersion, fields.toSorted(byName)];
}

function sortFields(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(byName));
}

/** By code units: locale order differs between machines. */
function byName([first]: readonly unknown[], [second]: readonly unknown[]): number {
  return String(first) < String(second) ? -1 : 1;
}
