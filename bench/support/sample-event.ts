import { brandId, type SessionId } from '../../src/domain/id.ts';
import type { NewEvent } from '../../src/domain/stored-event.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { addSession } from '../../src/testing/store-contract/sample-rows.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz     ';

/** The run that sample events bear. */
export const sampleRunId = brandId('run', `run_${'0'.repeat(32)}`);

/** `length` ASCII characters, others for each index: the index, then letters and spaces. */
export function sampleText(index: number, length: number): string {
  const start = `${index} `;
  const rest = Array.from({ length: Math.max(0, length - start.length) }, (_, place) =>
    letters.charAt((index * 31 + (place + 1) * 7) % letters.length),
  );
  return (start + rest.join('')).slice(0, length);
}

/** A streamed piece of a message. */
export function sampleEvent(index: number, length = 64): NewEvent {
  return {
    type: 'message_streamed',
    time: 1_767_225_600_000 + index,
    payload: JSON.stringify({ messageId: 'msg_01', text: sampleText(index, length) }),
    runId: sampleRunId,
    attempt: 1,
    provider: 'bench',
  };
}

/** Gives 1,000 events in turn, made beforehand, so that making them isn't measured. */
export function eventSource(): () => NewEvent {
  const events = Array.from({ length: 1000 }, (_, index) => sampleEvent(index));
  const [first = sampleEvent(0)] = events;
  let given = 0;
  return () => events[given++ % events.length] ?? first;
}

/** Makes sessions and gives their ids. */
export async function addSessions(store: SessionStore, count: number): Promise<readonly SessionId[]> {
  return await Promise.all(
    Array.from({ length: count }, (_, index) => addSession(store, sessionName(index))),
  );
}

/** A session name of a usual length, without the prefix. */
export function sessionName(index: number): string {
  return String(index).padStart(32, '0');
}

/** Appends `count` events, 1,000 at a time. */
export async function fillSession(store: SessionStore, sessionId: SessionId, count: number): Promise<void> {
  const next = eventSource();
  for (let left = count; left > 0; left -= 1000) {
    await store.commit({ sessionId, events: Array.from({ length: Math.min(left, 1000) }, next) });
  }
}
