/**
 * Writes until it is killed: changes of rows and events to several sessions at once, each reported to
 * standard output when, and only when, it was acknowledged. Arguments: the file, a name for this process.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { addSession, sampleEvent, sessionId } from '../../src/testing/store-contract/sample-rows.ts';

const [, , path = '', name = ''] = process.argv;
const sessions = ['one', 'two', 'three', 'four'];

/** Standard output is a pipe that the parent reads; a line is written whole or, when killed, not at all. */
function report(line: string): void {
  writeSync(1, `${line}\n`);
}

const store = await sqliteStore(path);
report('open');
// A killed process leaves no cache otherwise, and its successors start faster with one.
flushCompileCache();
await Promise.all(sessions.map((session) => write(session)));

async function write(session: string): Promise<never> {
  const id = sessionId(session);
  let row = await store.session(id);
  if (row === undefined) {
    await addSession(store, session);
    row = await store.session(id);
  }
  let version = row?.version ?? 0;
  for (let change = 0; ; change++) {
    const token = `${name}.${change}`;
    const size = (change % 3) + 1;
    const events = Array.from({ length: size }, (_, index) => sampleEvent(`${token} ${index + 1}/${size}`));
    const set = { title: token };
    const { latestSeq } = await store.commit({
      sessionId: id,
      session: { id, expectedVersion: version, set },
      events,
    });
    version++;
    report(JSON.stringify({ session, token, size, latestSeq, version }));
  }
}
