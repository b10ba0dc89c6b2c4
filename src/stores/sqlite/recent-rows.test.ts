import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { SessionStore } from '../../ports/session-store.ts';
import { addRun, addSession } from '../../testing/store-contract/sample-rows.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
let path = '';
let here: SessionStore;
let elsewhere: SessionStore;
let session: SessionId;
let run: RunId;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'asm-recent-rows-'));
  path = join(folder, 'sessions.db');
  here = await sqliteStore(path);
  elsewhere = await sqliteStore(path);
  session = await addSession(here, 'one');
  run = await addRun(here, session, 'one');
});
afterEach(async () => {
  await here[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const setPriority = (store: SessionStore, expectedVersion: number, model: string): Promise<unknown> =>
  store.commit({
    sessionId: session,
    session: { id: session, expectedVersion, set: { metadata: { model } } },
    runs: [{ id: run, expectedVersion, set: { model } }],
    events: [],
  });

test('rows that were written here are read as another one changed them, at once', async () => {
  await setPriority(here, 1, 'ours');
  await setPriority(elsewhere, 2, 'theirs');
  expect(await here.run(run)).toMatchObject({ version: 3, model: 'theirs' });
  expect(await here.session(session)).toMatchObject({ version: 3, metadata: { model: 'theirs' } });
  await expect(setPriority(here, 2, 'late')).rejects.toMatchObject({ code: 'conflict' });
  await setPriority(here, 3, 'ours again');
  expect(await elsewhere.run(run)).toMatchObject({ version: 4, model: 'ours again' });
});

test('a lease that was taken here is not thought ours once another has it', async () => {
  const ours = await here.leases.acquire({ runId: run, owner: 'ours', milliseconds: 60_000 });
  if (ours === undefined) throw new Error('The lease of a new run was not free.');
  await here.leases.release(ours);
  const theirs = await elsewhere.leases.acquire({ runId: run, owner: 'theirs', milliseconds: 60_000 });
  expect(theirs?.token).toBe(ours.token + 1);
  expect(await here.leases.acquire({ runId: run, owner: 'ours', milliseconds: 60_000 })).toBeUndefined();
  const fenced = {
    sessionId: session,
    lease: ours,
    runs: [{ id: run, expectedVersion: 1, set: { attempt: 1 } }],
  };
  await expect(here.commit({ ...fenced, events: [] })).rejects.toMatchObject({ code: 'lease_lost' });
});
