import { abortError } from '../../domain/error.ts';
import type { CallOptions, Leases } from '../../ports/session-store.ts';
import { validateLeaseRequest, validateLeaseTime } from '../contract/lease-validation.ts';
import type { LeaseTable } from './lease-table.ts';
import type { RowReader } from './row-reader.ts';
import type { WriteQueue } from './write-queue.ts';

interface LeaseParts {
  readonly table: LeaseTable;
  readonly queue: WriteQueue;
  readonly rows: RowReader;
  /** Throws when the store is closed or the call's signal aborted. */
  readonly enter: (options?: CallOptions) => void;
  readonly read: <Result>(work: () => Result, options?: CallOptions) => Promise<Result>;
}

/**
 * The leases of a store. They are written through its queue, in order with its commits. A call whose
 * signal aborts while it waits for the lock writes nothing.
 */
export function createSqliteLeases({ table, queue, rows, enter, read }: LeaseParts): Leases {
  const write = <Result>(work: () => Result, options?: CallOptions): Promise<Result> =>
    queue.submit(() => {
      if (options?.signal?.aborted === true) throw abortError(options.signal);
      return work();
    });
  return {
    acquire: async (request, options) => {
      enter(options);
      validateLeaseRequest(request);
      return write(() => table.acquire(request), options);
    },
    renew: async (lease, milliseconds, options) => {
      enter(options);
      validateLeaseTime(milliseconds);
      return write(() => table.renew(lease, milliseconds), options);
    },
    release: async (lease) => {
      enter();
      await write(() => table.release(lease));
    },
    current: (runId, options) => read(() => rows.lease(runId), options),
  };
}
