import assert from 'node:assert/strict';

import type { SessionId } from '../../domain/id.ts';
import type { SessionStore } from '../../ports/session-store.ts';
import { addSession, append } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

/** Notes, for each wake, the newest event that could be read when it came. */
function noteWakes(
  store: SessionStore,
  watched: SessionId | undefined,
  read: SessionId,
): { readonly seen: () => number; readonly stop: () => void } {
  let seen = 0;
  const stop = store.watch(watched, () => {
    void store.events({ sessionId: read, limit: 1 }).then(
      (page) => {
        seen = Math.max(seen, page.latestSeq);
      },
      () => {},
    );
  });
  return { seen: () => seen, stop };
}

/** Wakes after commits. */
export const watchCases: readonly StoreCase[] = [
  {
    name: 'watch: after each commit there is a wake at which it can be read, never only before',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const own = noteWakes(store, id, id);
      const all = noteWakes(store, undefined, id);
      for (let index = 0; index < 10; index++) {
        const { latestSeq } = await append(store, id, `event ${index}`);
        await room.eventually(
          () => own.seen() >= latestSeq,
          `a wake of the session that shows event ${latestSeq}`,
        );
        await room.eventually(() => all.seen() >= latestSeq, `a wake of all that shows event ${latestSeq}`);
      }
    },
  },
  {
    name: 'watch: how far the log goes, where a wake tells it, is true',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const { latestSeq: first } = await append(store, id, 'first');
      let submitted = first;
      // Without a number one has to look, which is never wrong.
      let told: number | undefined;
      const early: number[] = [];
      store.watch(id, (latestSeq) => {
        told = latestSeq;
        if (latestSeq !== undefined && latestSeq > submitted) early.push(latestSeq);
      });
      for (let index = 0; index < 10; index++) {
        told = 0;
        submitted++;
        const { latestSeq } = await append(store, id, `event ${index}`);
        await room.eventually(
          () => told === undefined || told === latestSeq,
          `a wake that says ${latestSeq}, or nothing`,
        );
      }
      assert.deepEqual(early, [], 'numbers of events that were not there yet');
    },
  },
  {
    name: 'watch: for all sessions also wakes for new ones, and for rows without events',
    async run(room) {
      const store = await room.open();
      let wakes = 0;
      store.watch(undefined, () => wakes++);
      const id = await addSession(store, 'a');
      await room.eventually(() => wakes > 0, 'a wake for the new session');
      const before = wakes;
      await store.commit({
        sessionId: id,
        session: { id, expectedVersion: 1, set: { title: 'x' } },
        events: [],
      });
      await room.eventually(() => wakes > before, 'a wake for the changed row');
    },
  },
  {
    name: 'watch: what a listener throws harms nobody',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      let thrown = 0;
      store.watch(id, () => {
        thrown++;
        throw new Error('thrown by a listener on purpose');
      });
      const { seen } = noteWakes(store, id, id);
      const { latestSeq } = await append(store, id, 'x');
      await room.eventually(() => seen() >= latestSeq && thrown > 0, 'wakes of both listeners');
      await append(store, id, 'y');
      await room.eventually(() => seen() > latestSeq && thrown > 1, 'wakes of both listeners again');
    },
  },
  {
    name: 'watch: ends when it is stopped, any number of times, and takes no other along',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      let calls = 0;
      const listener = (): void => {
        calls++;
      };
      const stop = store.watch(id, listener);
      const stopTwin = store.watch(id, listener);
      stop();
      stop();
      await append(store, id, 'x');
      await room.eventually(() => calls > 0, 'a wake of the twin, which still watches');
      stopTwin();
      const { seen } = noteWakes(store, id, id);
      const { latestSeq } = await append(store, id, 'y');
      const before = calls;
      await room.eventually(() => seen() >= latestSeq, 'a wake of the other watch');
      assert.equal(calls, before, 'calls after the end of the watch');
    },
  },
  {
    name: 'watch: a listener may stop its own watch, start another and commit',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      let inner = 0;
      const stop = store.watch(id, () => {
        stop();
        store.watch(id, () => inner++);
        void append(store, id, 'from the listener');
      });
      await append(store, id, 'x');
      await room.eventually(() => inner > 0, 'a wake of the inner watch');
      assert.equal((await store.events({ sessionId: id })).latestSeq, 3);
    },
  },
];
