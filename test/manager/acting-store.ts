import { AsmError } from '../../src/domain/error.ts';
import type { Change, SessionStore } from '../../src/ports/session-store.ts';

/** A real store in front of which a test acts, at the moment of a call that it chooses. */
export interface ActingStore {
  readonly store: SessionStore;
  /** Calls so far. */
  readonly calls: number;
  /** Names of the calls so far, in their order. */
  readonly names: readonly string[];
  /** Calls `act` before the call of this number, counted from 1 from now on, is passed on. */
  actAt(call: number, act: () => void | Promise<void>): void;
  /** The same after the call was done, before its result is known. */
  afterCall(call: number, act: () => void | Promise<void>): void;
  /** The same after the next call of this name. */
  afterNext(name: string, act: () => void | Promise<void>): void;
  /** From now on every call but disposal is refused, as by a disk that is gone; `false` ends that. */
  fail(failing?: boolean): void;
  /** From now on the changes of this kind are refused, in the same way. */
  refuse(isRefused: (change: Change) => boolean): void;
}

interface Plan {
  readonly call: number;
  readonly act: () => void | Promise<void>;
}

/** Counts the calls to a store that a manager makes, other than to open and close it. */
export function actingStore(inner: SessionStore): ActingStore {
  const names: string[] = [];
  let failing = false;
  let isRefused = (_change: Change): boolean => false;
  let before: Plan | undefined;
  let after: Plan | undefined;
  const afterNext = new Map<string, Plan['act']>();

  const pass = async <Result>(name: string, call: () => Promise<Result>): Promise<Result> => {
    const number = names.push(name);
    if (before?.call === number) await before.act();
    if (failing) throw diskGone();
    const result = await call();
    if (after?.call === number) await after.act();
    const act = afterNext.get(name);
    afterNext.delete(name);
    await act?.();
    return result;
  };
  const store: SessionStore = {
    describe: () => inner.describe(),
    commit: (change, options) =>
      pass('commit', async () => {
        if (isRefused(change)) throw diskGone();
        return await inner.commit(change, options);
      }),
    leases: {
      acquire: (request, options) => pass('acquire', () => inner.leases.acquire(request, options)),
      renew: (lease, time, options) => pass('renew', () => inner.leases.renew(lease, time, options)),
      release: (lease) => pass('release', () => inner.leases.release(lease)),
      current: (runId, options) => pass('current', () => inner.leases.current(runId, options)),
    },
    session: (id, options) => pass('session', () => inner.session(id, options)),
    sessions: (query, options) => pass('sessions', () => inner.sessions(query, options)),
    run: (id, options) => pass('run', () => inner.run(id, options)),
    runs: (query, options) => pass('runs', () => inner.runs(query, options)),
    approval: (id, options) => pass('approval', () => inner.approval(id, options)),
    approvals: (query, options) => pass('approvals', () => inner.approvals(query, options)),
    events: (query, options) => pass('events', () => inner.events(query, options)),
    feed: (query, options) => pass('feed', () => inner.feed(query, options)),
    watch: (sessionId, listener) => inner.watch(sessionId, listener),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  return {
    store,
    names,
    get calls() {
      return names.length;
    },
    actAt(call, act) {
      before = { call: names.length + call, act };
    },
    afterCall(call, act) {
      after = { call: names.length + call, act };
    },
    afterNext(name, act) {
      afterNext.set(name, act);
    },
    fail(now = true) {
      failing = now;
    },
    refuse(refused) {
      isRefused = refused;
    },
  };
}

function diskGone(): AsmError {
  return new AsmError('storage_unavailable', 'The disk is gone.');
}
