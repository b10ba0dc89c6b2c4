import assert from 'node:assert/strict';

import { AsmError } from '../../domain/error.ts';
import type { CallOptions, SessionStore } from '../../ports/session-store.ts';
import { rejects } from './expectation.ts';
import { addRun, addSession, append, approvalId, runId, sessionId } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

const run = runId('r');
const lease = { runId: run, token: 1, owner: 'me', expiresAt: 0 };

/** Every call that takes a signal. */
const readers: Record<string, (store: SessionStore, options?: CallOptions) => Promise<unknown>> = {
  session: (store, options) => store.session(sessionId('a'), options),
  sessions: (store, options) => store.sessions({}, options),
  run: (store, options) => store.run(run, options),
  runs: (store, options) => store.runs({}, options),
  approval: (store, options) => store.approval(approvalId('x'), options),
  approvals: (store, options) => store.approvals({}, options),
  events: (store, options) => store.events({ sessionId: sessionId('a') }, options),
  feed: (store, options) => store.feed({}, options),
  'leases.acquire': (store, options) =>
    store.leases.acquire({ runId: run, owner: 'me', milliseconds: 1 }, options),
  'leases.renew': (store, options) => store.leases.renew(lease, 1, options),
  'leases.current': (store, options) => store.leases.current(run, options),
};

/** What happens at the end, and when a caller gives up. */
export const closingCases: readonly StoreCase[] = [
  {
    name: 'closing: afterwards every call is store_closed',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      await store[Symbol.asyncDispose]();
      for (const [name, call] of Object.entries(readers)) await rejects(call(store), 'store_closed', name);
      await rejects(append(store, id, 'x'), 'store_closed', 'commit');
      await rejects(store.leases.release(lease), 'store_closed', 'leases.release');
      assert.throws(() => store.watch(id, () => {}), { code: 'store_closed' }, 'watch');
    },
  },
  {
    name: 'closing: may happen twice, also at once',
    async run(room) {
      const store = await room.open();
      const [first, second] = [store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()];
      await Promise.all([first, second]);
      await store[Symbol.asyncDispose]();
    },
  },
  {
    name: 'closing: commits that were under way settle, and watches end quietly',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      let wakesAfter = 0;
      let closed = false;
      const stop = store.watch(id, () => {
        if (closed) wakesAfter++;
      });
      const commits = Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => append(store, id, `${index}`)),
      );
      await store[Symbol.asyncDispose]();
      closed = true;
      for (const outcome of await commits) {
        if (outcome.status === 'fulfilled') continue;
        const error: unknown = outcome.reason;
        assert.ok(
          error instanceof AsmError && error.code === 'store_closed',
          `a late commit failed with ${String(error)}`,
        );
      }
      assert.equal(wakesAfter, 0, 'wakes after closing');
      stop();
    },
  },
  {
    name: 'signals: a call with an aborted signal is cancelled',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      await addRun(store, id, 'r');
      const signal = AbortSignal.abort();
      for (const [name, call] of Object.entries(readers))
        await rejects(call(store, { signal }), 'cancelled', name);
      assert.equal(await store.leases.current(run), undefined, 'the lease was not taken');
    },
  },
];
