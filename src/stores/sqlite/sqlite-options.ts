import { systemClock, type Clock } from '../../domain/clock.ts';
import { invalidInput } from '../contract/invalid-input.ts';
import { assertOptionNames } from '../../domain/option-names.ts';

/**
 * What an acknowledged commit survives. Both: the end of our process at any moment, kill -9 included.
 * `full` (`PRAGMA synchronous = FULL`): also the loss of power, as far as the disk keeps what it said it
 * wrote. `normal`: a loss of power may take the last commits back; the log stays without gaps.
 */
export const durabilities = ['full', 'normal'] as const;
export type Durability = (typeof durabilities)[number];

export interface SqliteStoreOptions {
  /** Default `full`; concurrent commits share one sync of the disk, so it costs little under load. */
  readonly durability?: Durability;
  /** Gives the time of leases and idempotency keys. Default: the machine's. */
  readonly clock?: Clock;
  /** Milliseconds for which a call waits while other processes hold the lock, then `storage_busy`. Default 30,000. */
  readonly busyDeadline?: number;
}

const optionNames = [
  'durability',
  'clock',
  'busyDeadline',
] as const satisfies readonly (keyof SqliteStoreOptions)[];

/** Fills in the defaults. Throws `unknown_option` or `invalid_input`. */
export function readSqliteOptions(options: SqliteStoreOptions): Required<SqliteStoreOptions> {
  assertOptionNames('sqliteStore', options, optionNames);
  const { durability = 'full', clock = systemClock, busyDeadline = 30_000 } = options;
  if (!durabilities.includes(durability)) {
    throw invalidInput(`\`durability\` is ${durabilities.join(' or ')}, not ${JSON.stringify(durability)}.`);
  }
  if (!Number.isFinite(busyDeadline) || busyDeadline < 0) {
    throw invalidInput(`\`busyDeadline\` is a number of milliseconds from 0, not ${String(busyDeadline)}.`);
  }
  return { durability, clock, busyDeadline };
}
