import type { LeaseRequest } from '../../ports/session-store.ts';
import { invalidInput, isStorableText, isWholeNumber } from './invalid-input.ts';
import { longestName } from './longest-name.ts';

/** Throws `invalid_input` unless the request names a run, an owner and a time. */
export function validateLeaseRequest(request: LeaseRequest): void {
  if (!isStorableText(request.runId, longestName))
    throw invalidInput('A lease is asked for the id of a run.');
  if (!isStorableText(request.owner, longestName)) {
    throw invalidInput(`The owner of a lease is text of 1 to ${longestName} characters.`);
  }
  validateLeaseTime(request.milliseconds);
}

/** Throws `invalid_input` unless it is a whole number of milliseconds from 1. */
export function validateLeaseTime(milliseconds: number): void {
  if (isWholeNumber(milliseconds, 1)) return;
  throw invalidInput(`A lease lasts a whole number of milliseconds from 1, not ${String(milliseconds)}.`);
}
