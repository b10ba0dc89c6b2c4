import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { AsmError } from '../../domain/error.ts';
import { LogSync } from './log-sync.ts';
import { WriteQueue, type WriteQueueOptions } from './write-queue.ts';

let folder = '';
let path = '';
let database: DatabaseSync;
let log: string[] = [];
let told = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-write-queue-'));
  path = join(folder, 'queue.db');
  database = new DatabaseSync(path, { timeout: 0 });
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE numbers (number INTEGER PRIMARY KEY)');
  log = [];
  told = 0;
});
afterEach(() => {
  if (database.isOpen) database.close();
  rmSync(folder, { recursive: true });
});

function openQueue({ busyDeadline = 30_000, sync }: Partial<WriteQueueOptions> = {}): WriteQueue {
  const hooks = {
    begun: () => {
      log.push('begun');
      return false;
    },
    committed: () => {
      log.push('committed');
      return () => void told++;
    },
    rolledBack: () => log.push('rolled back'),
  };
  return new WriteQueue(database, hooks, { path, busyDeadline, sync });
}

function insert(number: number): () => number {
  return () => {
    database.prepare('INSERT INTO numbers VALUES (?)').run(number);
    return number;
  };
}

function refuse(): never {
  throw new AsmError('conflict', 'No.');
}

function numbers(): unknown[] {
  const reader = new DatabaseSync(path, { readOnly: true });
  const rows = reader.prepare('SELECT number FROM numbers ORDER BY number').all();
  reader.close();
  return rows.map((row) => row['number']);
}

test('what is handed in during one turn shares a transaction, in its order', async () => {
  const queue = openQueue();
  const settled = await Promise.all([1, 2, 3].map((number) => queue.submit(insert(number))));
  expect(settled).toEqual([1, 2, 3]);
  expect(log).toEqual(['begun', 'committed']);
  expect(numbers()).toEqual([1, 2, 3]);
});

test('a task resolves after its commit, when another connection can read it', async () => {
  const queue = openQueue();
  await queue.submit(insert(7));
  expect(numbers()).toEqual([7]);
});

test('a group has at most 512 tasks', async () => {
  const queue = openQueue();
  await Promise.all(Array.from({ length: 1025 }, (_, number) => queue.submit(insert(number))));
  expect(log.filter((entry) => entry === 'committed')).toHaveLength(3);
  expect(numbers()).toHaveLength(1025);
});

test('a refused task rejects alone', async () => {
  const queue = openQueue();
  const settled = await Promise.allSettled([
    queue.submit(insert(1)),
    queue.submit(refuse),
    queue.submit(insert(2)),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: { code: 'conflict' } });
  expect(log).toEqual(['begun', 'committed']);
  expect(numbers()).toEqual([1, 2]);
});

test('a task that fails at the database takes nobody with it', async () => {
  const queue = openQueue();
  await queue.submit(insert(1));
  log = [];
  const halfDone = (): void => {
    insert(50)();
    insert(1)();
  };
  const settled = await Promise.allSettled([
    queue.submit(insert(2)),
    queue.submit(halfDone),
    queue.submit(insert(3)),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: { code: 'storage_unavailable' } });
  expect(numbers()).toEqual([1, 2, 3]);
  expect(log).toEqual([
    'begun',
    'rolled back',
    'begun',
    'committed',
    'begun',
    'rolled back',
    'begun',
    'committed',
  ]);
});

test('a failed COMMIT rejects all, and the next transaction works', async () => {
  database.exec(`
    PRAGMA foreign_keys = ON;
    CREATE TABLE owners (id INTEGER PRIMARY KEY);
    CREATE TABLE things (owner INTEGER REFERENCES owners (id) DEFERRABLE INITIALLY DEFERRED);
  `);
  const queue = openQueue();
  const orphan = (): void => database.exec('INSERT INTO things VALUES (1)');
  const settled = await Promise.allSettled([queue.submit(insert(1)), queue.submit(orphan)]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(log).toEqual(['begun', 'rolled back']);
  await queue.submit(insert(2));
  expect(numbers()).toEqual([2]);
});

test('it waits for the lock, also of tasks that came meanwhile', async () => {
  const queue = openQueue();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const early = queue.submit(insert(1));
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  const late = queue.submit(insert(2));
  expect(log).toEqual([]);
  other.exec('COMMIT');
  other.close();
  expect(await Promise.all([early, late])).toEqual([1, 2]);
  expect(log).toEqual(['begun', 'committed']);
});

test('after the deadline it gives up with storage_busy, and works again when the lock is free', async () => {
  const queue = openQueue({ busyDeadline: 30 });
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await expect(queue.submit(insert(1))).rejects.toMatchObject({ code: 'storage_busy', details: { path } });
  other.exec('COMMIT');
  other.close();
  await queue.submit(insert(2));
  expect(numbers()).toEqual([2]);
});

test('idle waits for everything that was handed in', async () => {
  const queue = openQueue();
  await queue.idle();
  let isDone = false;
  void queue.submit(insert(1)).then(() => {
    isDone = true;
  });
  await queue.idle();
  await Promise.resolve();
  expect(numbers()).toEqual([1]);
  expect(isDone).toBe(true);
});

test('a task that hears when it is written hears before it is durable, and those after it settle after it', async () => {
  const sync = new LogSync(path);
  const queue = openQueue({ sync });
  const order: string[] = [];
  const first = queue.submit(insert(1), (number) => order.push(`${number} written`));
  void first.then(() => order.push('1 durable'));
  await expect.poll(() => order).toContain('1 written');
  expect(numbers()).toEqual([1]);
  await queue.submit(insert(2));
  order.push('2 durable');
  expect(order).toEqual(['1 written', '1 durable', '2 durable']);
  await queue.idle();
  sync.close();
});

test('a queue is idle only when what was written is durable', async () => {
  const sync = new LogSync(path);
  const queue = openQueue({ sync });
  let durable = 0;
  for (const number of [1, 2, 3]) {
    await new Promise((resolve) => void queue.submit(insert(number), resolve).then(() => durable++));
  }
  await queue.idle();
  expect(durable).toBe(3);
  sync.close();
});

/** A device, which can't be synced. */
function failingSync(): LogSync {
  symlinkSync('/dev/null', join(folder, 'another.db-wal'));
  return new LogSync(join(folder, 'another.db'));
}

test('what was written and could not be made durable rejects', async () => {
  const sync = failingSync();
  const queue = openQueue({ sync });
  const written: number[] = [];
  const refused = queue.submit(insert(1), (number) => written.push(number));
  await expect(refused).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(written).toEqual([1]);
  // It is there to be read, and nobody else would say so.
  expect(told).toBe(1);
  expect(await queue.submit(insert(2))).toBe(2);
  await queue.idle();
  sync.close();
});

test('a task that is refused is refused as such, also if what was written with it could not be made durable', async () => {
  const sync = failingSync();
  const queue = openQueue({ sync });
  const settled = await Promise.allSettled([
    queue.submit(insert(1), () => undefined),
    queue.submit(refuse, () => undefined),
  ]);
  expect(settled).toMatchObject([
    { reason: { code: 'storage_unavailable' } },
    { reason: { code: 'conflict' } },
  ]);
  await queue.idle();
  sync.close();
});

test('a transaction that writes nothing makes nothing durable, and settles after what was written before', async () => {
  const sync = failingSync();
  const queue = openQueue({ sync });
  // From here on the next sync mostly has to wait for a moment.
  await queue.submit(insert(1), () => undefined).catch(() => undefined);
  const order: string[] = [];
  const note = (what: string) => (error: unknown) =>
    order.push(`${what} ${error instanceof AsmError ? error.code : 'done'}`);
  const { promise: again, resolve } = Promise.withResolvers<unknown>();
  const first = queue.submit(insert(2), () => {
    resolve(queue.submit(() => 'what was written before').then(note('again'), note('again')));
  });
  await first.then(note('first'), note('first'));
  await again;
  expect(order).toHaveLength(2);
  expect(order[0]).toBe('first storage_unavailable');
  await queue.idle();
  sync.close();
});
