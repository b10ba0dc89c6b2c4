import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { StoredEvent } from '../src/domain/stored-event.ts';
import type { SessionStore } from '../src/ports/session-store.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { sessionId } from '../src/testing/store-contract/sample-rows.ts';

const program = fileURLToPath(new URL('./sqlite/killed-writer.ts', import.meta.url));
const sessions = ['one', 'two', 'three', 'four'];
const lanes = 3;
const rounds = 34;
/** So many rounds write to the same file; the first of them is also killed while it makes the file. */
const roundsPerFile = 6;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-sqlite-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Acknowledged {
  readonly session: string;
  readonly token: string;
  readonly size: number;
  readonly latestSeq: number;
  readonly version: number;
}

/** Starts a writer, kills it after a random number of its reports and a random moment, and gives the reports. */
async function writeUntilKilled(path: string, name: string): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, [program, path, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const acknowledged: Acknowledged[] = [];
  const enough = Math.floor(Math.random() * 60);
  let reports = 0;
  for await (const line of createInterface(child.stdout)) {
    if (line !== 'open') acknowledged.push(JSON.parse(line));
    if (reports++ === enough) setTimeout(() => child.kill('SIGKILL'), Math.random() * 5);
  }
  expect((await ended)[1]).toBe('SIGKILL');
  return acknowledged;
}

async function readLog(store: SessionStore, session: string): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = 0; ;) {
    const page = await store.events({ sessionId: sessionId(session), after, limit: 1000 });
    events.push(...page.events);
    after = page.scannedTo;
    if (!page.hasMore) return events;
  }
}

/** The log consists of whole changes, each once, and the row is that of the last one. */
async function checkSession(
  store: SessionStore,
  session: string,
  known: readonly Acknowledged[],
): Promise<void> {
  const row = await store.session(sessionId(session));
  if (row === undefined) {
    expect(known).toEqual([]);
    return;
  }
  const [, ...events] = await readLog(store, session);
  const endOf = new Map<string, number>();
  for (let index = 0; index < events.length;) {
    const [token = '', place = ''] = textOf(events[index]).split(' ');
    const size = Number(place.split('/')[1]);
    expect(endOf.has(token)).toBe(false);
    for (let part = 1; part <= size; part++, index++) {
      expect(textOf(events[index])).toBe(`${token} ${part}/${size}`);
      expect(events[index]?.seq).toBe(index + 2);
    }
    endOf.set(token, index + 1);
  }
  expect(row.version).toBe(endOf.size + 1);
  expect(row.title).toBe([...endOf.keys()].at(-1));
  for (const { token, latestSeq } of known) expect([token, endOf.get(token)]).toEqual([token, latestSeq]);
}

function textOf(event: StoredEvent | undefined): string {
  return event === undefined ? '' : JSON.parse(event.payload).text;
}

test(
  `${lanes * rounds} times killed while it writes: all that was acknowledged is there, once and whole`,
  { timeout: 1_500_000 },
  async () => {
    let total = 0;
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const known: Acknowledged[] = [];
        for (let round = 0; round < rounds; round++) {
          if (round % roundsPerFile === 0) known.length = 0;
          const path = join(folder, `${lane}-${Math.floor(round / roundsPerFile)}.db`);
          const acknowledged = await writeUntilKilled(path, `${lane}.${round}`);
          known.push(...acknowledged);
          total += acknowledged.length;
          await using store = await sqliteStore(path);
          for (const session of sessions) {
            await checkSession(
              store,
              session,
              known.filter((one) => one.session === session),
            );
          }
        }
      }),
    );
    expect(total).toBeGreaterThan(lanes * rounds);
  },
);

test('killed while it makes the file, it leaves one that can be opened', async () => {
  for (let round = 0; round < 10; round++) {
    const path = join(folder, `young-${round}.db`);
    const child = spawn(process.execPath, [program, path, 'young'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), 40 + Math.random() * 120);
    // However slow the machine: once it is open, there is nothing left to see.
    child.stdout.once('data', () => child.kill('SIGKILL'));
    await ended;
    clearTimeout(timer);
    await using store = await sqliteStore(path);
    for (const session of sessions) await checkSession(store, session, []);
  }
});
