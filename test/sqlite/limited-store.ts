/**
 * Meets a store that can't be written, in a place that its parent has prepared; prints what happened as
 * JSON. Arguments: `full <folder>` where little space is left, or `readonly <file>`.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAsmError } from '../../src/domain/error.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { addSession, sampleEvent, sessionId } from '../../src/testing/store-contract/sample-rows.ts';

const [, , what = '', place = ''] = process.argv;
const id = sessionId('one');

function codeOf(error: unknown): string {
  return isAsmError(error) ? error.code : String(error);
}

async function count(store: SessionStore): Promise<number> {
  return (await store.events({ sessionId: id })).latestSeq;
}

/** Commits events until that fails; gives the error's code and the number of what was acknowledged. */
async function fill(store: SessionStore): Promise<{ readonly code: string; readonly latestSeq: number }> {
  let latestSeq = 0;
  try {
    for (;;) ({ latestSeq } = await store.commit({ sessionId: id, events: [sampleEvent('x'.repeat(4000))] }));
  } catch (error) {
    return { code: codeOf(error), latestSeq };
  }
}

async function meetFull(): Promise<object> {
  mkdirSync(place, { recursive: true });
  const ballast = join(place, 'ballast');
  writeFileSync(ballast, Buffer.alloc(512 * 1024));
  const path = join(place, 'sessions.db');
  const store = await sqliteStore(path);
  await addSession(store, 'one');
  const filled = await fill(store);
  const again = await store
    .commit({
      sessionId: id,
      session: { id, expectedVersion: 1, set: { metadata: { stored: true } } },
      events: [sampleEvent('y'.repeat(4000))],
    })
    .catch(codeOf);
  const version = (await store.session(id))?.version;
  const whileFull = await count(store);
  rmSync(ballast);
  const after = await store.commit({ sessionId: id, events: [sampleEvent('z')] }).catch(codeOf);
  await store[Symbol.asyncDispose]();
  await using reopened = await sqliteStore(path);
  return {
    code: filled.code,
    again,
    version,
    acknowledged: filled.latestSeq,
    whileFull,
    after: typeof after === 'string' ? after : after.latestSeq,
    reopened: await count(reopened),
  };
}

/** As another user, who may read the file but not write it; root may everything, so it steps down. */
async function meetReadOnly(): Promise<object> {
  if (process.getuid?.() === 0) {
    process.setgid?.(65534);
    process.setuid?.(65534);
  }
  return sqliteStore(place).then(
    () => ({ code: 'opened' }),
    (error: unknown) => ({ code: codeOf(error) }),
  );
}

process.stdout.write(JSON.stringify(await (what === 'full' ? meetFull() : meetReadOnly())));
