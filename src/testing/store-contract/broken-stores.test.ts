import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, it } from 'vitest';

import type { StoredEvent } from '../../domain/stored-event.ts';
import type { Change, Committed, EventPage, SessionStore } from '../../ports/session-store.ts';
import { memoryStore } from '../../stores/memory/memory-store.ts';
import { sessionStoreCases } from './session-store-cases.ts';
import { runStoreModel } from './store-model-run.ts';
import { runStoreCase } from './store-room.ts';

/** A store that breaks one promise on purpose, and the case that has to notice. */
interface BrokenStore {
  readonly fault: string;
  /** A case that must fail on it; others may fail too. */
  readonly caughtBy: string;
  wrap(store: SessionStore): SessionStore;
}

type Overrides = Partial<Pick<SessionStore, 'commit' | 'events' | 'watch'>>;

function withFault(store: SessionStore, overrides: Overrides): SessionStore {
  return {
    describe: () => store.describe(),
    commit: (change) => store.commit(change),
    leases: store.leases,
    session: (id, options) => store.session(id, options),
    sessions: (query, options) => store.sessions(query, options),
    run: (id, options) => store.run(id, options),
    runs: (query, options) => store.runs(query, options),
    approval: (id, options) => store.approval(id, options),
    approvals: (query, options) => store.approvals(query, options),
    events: (query, options) => store.events(query, options),
    feed: (query, options) => store.feed(query, options),
    watch: (sessionId, listener) => store.watch(sessionId, listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    ...overrides,
  };
}

function changedCommit(store: SessionStore, commit: (change: Change) => Promise<Committed>): SessionStore {
  return withFault(store, { commit });
}

function changedPages(
  store: SessionStore,
  change: (events: readonly StoredEvent[]) => readonly StoredEvent[],
): SessionStore {
  return withFault(store, {
    async events(query, options): Promise<EventPage> {
      const page = await store.events(query, options);
      return { ...page, events: change(page.events) };
    },
  });
}

/** The change without one of its fields. */
function without(change: Change, field: 'key' | 'lease' | 'session' | 'runs' | 'approvals'): Change {
  const { [field]: _left, ...rest } = change;
  return rest;
}

/** One store for each way of breaking the port that hurts most. */
const brokenStores: readonly BrokenStore[] = [
  {
    fault: 'drops an event of a change',
    caughtBy: 'commit: events are numbered from 1 in their order, across commits',
    wrap: (store) =>
      changedCommit(store, (change) =>
        store.commit(change.events.length > 1 ? { ...change, events: change.events.slice(1) } : change),
      ),
  },
  {
    fault: 'says that a change is written before it can be read',
    caughtBy: 'commit: `onWritten` hears once of what is there to be read, before the commit resolves',
    wrap: (store) =>
      withFault(store, {
        async commit(change, options) {
          const { latestSeq } = await store
            .events({ sessionId: change.sessionId })
            .catch(() => ({ latestSeq: 0 }));
          options?.onWritten?.({ events: [], latestSeq, replayed: false, runs: [] });
          return await store.commit(change);
        },
      }),
  },
  {
    fault: 'says that a refused change is written',
    caughtBy: 'commit: `onWritten` hears nothing of what is refused',
    wrap: (store) =>
      withFault(store, {
        commit(change, options) {
          options?.onWritten?.({ events: [], latestSeq: 0, replayed: false, runs: [] });
          return store.commit(change);
        },
      }),
  },
  {
    fault: 'skips an event on reading',
    caughtBy: 'pages: every mix of filters, cursors, orders and limits gives what filtering the log gives',
    wrap: (store) => changedPages(store, (events) => events.filter((event) => event.seq % 5 !== 0)),
  },
  {
    fault: 'stores an event twice',
    caughtBy: 'commit: events are numbered from 1 in their order, across commits',
    wrap: (store) =>
      changedCommit(store, (change) =>
        store.commit({ ...change, events: change.events.flatMap((event) => [event, event]) }),
      ),
  },
  {
    fault: 'stores the events of a change in another order',
    caughtBy: 'commit: events are numbered from 1 in their order, across commits',
    wrap: (store) =>
      changedCommit(store, (change) => store.commit({ ...change, events: change.events.toReversed() })),
  },
  {
    fault: 'leaves the events of a refused change in the log',
    caughtBy: 'commit: a change whose second row conflicts leaves nothing',
    wrap: (store) =>
      changedCommit(store, async (change) => {
        try {
          return await store.commit(change);
        } catch (error) {
          await store.commit({ sessionId: change.sessionId, events: change.events }).catch(() => {});
          throw error;
        }
      }),
  },
  {
    fault: 'wakes before the commit can be read',
    caughtBy: 'watch: after each commit there is a wake at which it can be read, never only before',
    wrap(store) {
      const listeners = new Set<() => void>();
      return withFault(store, {
        async commit(change) {
          for (const listener of listeners) listener();
          await sleep(5);
          return store.commit(change);
        },
        watch(_sessionId, listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
    },
  },
  {
    fault: 'says at a wake that the log ends before the newest event',
    caughtBy: 'watch: how far the log goes, where a wake tells it, is true',
    wrap: (store) =>
      withFault(store, {
        watch: (sessionId, listener) =>
          store.watch(sessionId, (latestSeq) => listener(latestSeq === undefined ? 1 : latestSeq - 1)),
      }),
  },
  {
    fault: 'loses the change of a run row',
    caughtBy: 'rows: each change raises the version by 1 and leaves other fields alone',
    wrap: (store) =>
      changedCommit(store, (change) => {
        const runs = change.runs?.filter((write) => 'create' in write) ?? [];
        return store.commit({ ...without(change, 'runs'), runs });
      }),
  },
  {
    fault: 'takes the second answer to an approval',
    caughtBy: 'approvals: of two answers the first is taken and the second is a conflict',
    wrap: (store) =>
      changedCommit(store, async (change) => {
        const { approvals = [] } = change;
        const newest = await Promise.all(
          approvals.map(async (write) => {
            if ('create' in write) return write;
            const { version = write.expectedVersion } = (await store.approval(write.id)) ?? {};
            return { ...write, expectedVersion: version };
          }),
        );
        return store.commit(approvals.length === 0 ? change : { ...change, approvals: newest });
      }),
  },
  {
    fault: 'loses the change of an approval',
    caughtBy: 'approvals: each change raises the version by 1 and leaves other fields alone',
    wrap: (store) =>
      changedCommit(store, (change) => {
        const approvals = change.approvals?.filter((write) => 'create' in write) ?? [];
        const rest = without(change, 'approvals');
        return store.commit(approvals.length === 0 ? rest : { ...rest, approvals });
      }),
  },
  {
    fault: 'ignores the fence of a change',
    caughtBy: 'leases: giving back ends the fence; tokens go on growing',
    wrap: (store) => changedCommit(store, (change) => store.commit(without(change, 'lease'))),
  },
  {
    fault: 'keeps the lease that a change gives back',
    caughtBy: 'leases: a change takes one and gives one back, with what it writes',
    wrap: (store) =>
      changedCommit(store, (change) => {
        const { lease } = change;
        return store.commit(
          lease === undefined ? change : { ...change, lease: { ...lease, release: false } },
        );
      }),
  },
  {
    fault: 'takes the lease of a change that is refused',
    caughtBy: 'leases: a change that is refused takes none, gives none back, and writes nothing',
    wrap: (store) =>
      changedCommit(store, async (change) => {
        try {
          return await store.commit(change);
        } catch (error) {
          if (change.takeLease !== undefined) await store.leases.acquire(change.takeLease);
          throw error;
        }
      }),
  },
  {
    fault: 'ignores the expected version',
    caughtBy: 'rows: a stale version is a conflict that says expected and actual',
    wrap: (store) =>
      changedCommit(store, async (change) => {
        const { session } = change;
        if (session === undefined || 'create' in session) return store.commit(change);
        const expectedVersion = (await store.session(session.id))?.version ?? session.expectedVersion;
        return store.commit({ ...change, session: { ...session, expectedVersion } });
      }),
  },
  {
    fault: 'writes again when a key is repeated',
    caughtBy: 'keys: the same change again gives the first outcome and writes nothing',
    wrap(store) {
      const used = new Set<string>();
      return changedCommit(store, (change) => {
        const repeated = change.key !== undefined && used.has(change.key);
        if (change.key !== undefined) used.add(change.key);
        return store.commit(repeated ? { sessionId: change.sessionId, events: change.events } : change);
      });
    },
  },
];

describe('the contract of session stores fails on a store that', () => {
  for (const { fault, caughtBy, wrap } of brokenStores) {
    it(fault, { timeout: 60_000 }, async () => {
      const storeCase = sessionStoreCases.find(({ name }) => name === caughtBy);
      assert.ok(storeCase !== undefined, `there is a case ${caughtBy}`);
      await runStoreCase(storeCase, ({ clock }) => memoryStore({ clock }));
      await assert.rejects(
        // What is missing doesn't come however long one waits.
        runStoreCase(storeCase, ({ clock }) => wrap(memoryStore({ clock })), { wakeTimeout: 200 }),
        caughtBy,
      );
    });
  }
});

describe('the model of session stores', () => {
  it('names the seed and the shortest beginning that fails', async () => {
    const broken = brokenStores.find(({ fault }) => fault === 'ignores the fence of a change');
    assert.ok(broken !== undefined);
    await assert.rejects(
      runStoreModel(({ clock }) => broken.wrap(memoryStore({ clock })), { seed: 1, steps: 60 }),
      /history of seed 1 fails within its first \d+ steps: [^]*lease_lost/,
    );
  });
});
