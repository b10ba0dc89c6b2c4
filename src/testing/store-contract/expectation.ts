import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { isAsmError, type AsmError } from '../../domain/error.ts';
import type { ErrorCode } from '../../domain/error-code.ts';
import type { SessionId } from '../../domain/id.ts';
import type { StoredEvent } from '../../domain/stored-event.ts';
import type { SessionStore } from '../../ports/session-store.ts';

/** Fails unless the promise rejects with this code; gives the error. */
export async function rejects(promise: Promise<unknown>, code: ErrorCode, what: string): Promise<AsmError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) {
    assert.fail(`${what}: expected ${code}, but it resolved with ${JSON.stringify(outcome.value)}`);
  }
  if (!isAsmError(outcome.error)) throw outcome.error;
  assert.equal(outcome.error.code, code, `${what}: ${outcome.error.message}`);
  return outcome.error;
}

/** Waits until the condition holds; fails after the deadline, in milliseconds. */
export async function eventually(condition: () => boolean, what: string, deadline: number): Promise<void> {
  const end = performance.now() + deadline;
  while (!condition()) {
    if (performance.now() > end) assert.fail(`${what}: not within ${deadline} ms`);
    await sleep(2);
  }
}

/** Reads a whole log from its beginning, page by page. */
export async function readLog(
  store: SessionStore,
  sessionId: SessionId,
  limit = 100,
): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = 0; ;) {
    const page = await store.events({ sessionId, after, limit });
    events.push(...page.events);
    if (!page.hasMore) return events;
    assert.ok(
      page.scannedTo > after,
      `scannedTo ${page.scannedTo} doesn't go beyond after ${after} though hasMore`,
    );
    after = page.scannedTo;
  }
}

/** Fails unless the log is numbered from 1 without a gap and bears exactly these payloads. */
export async function hasLog(
  store: SessionStore,
  sessionId: SessionId,
  payloads: readonly string[],
): Promise<void> {
  const events = await readLog(store, sessionId);
  assert.deepEqual(
    events.map((event) => event.payload),
    payloads,
    'the payloads of the log',
  );
  assertNumbered(events);
}

/** Fails unless the events are numbered from `first` without a gap, at growing positions. */
export function assertNumbered(events: readonly StoredEvent[], first = 1): void {
  assert.deepEqual(
    events.map((event) => event.seq),
    events.map((_, index) => first + index),
    'the numbers of the events',
  );
  for (const [index, event] of events.entries()) {
    const previous = events[index - 1];
    assert.ok(Number.isSafeInteger(event.position), `position ${event.position} is a whole number`);
    if (previous !== undefined)
      assert.ok(event.position > previous.position, 'positions grow along a session');
  }
}

/** Fails unless the value and everything in it is frozen. */
export function assertDeeplyFrozen(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  assert.ok(Object.isFrozen(value), `${path} is frozen`);
  for (const [name, item] of Object.entries(value)) assertDeeplyFrozen(item, `${path}.${name}`);
}
