/** Commits single events to a new SQLite store: `node sync-count-probe.ts FILE WRITERS COMMITS`. */
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { addSession } from '../../src/testing/store-contract/sample-rows.ts';
import { eventSource } from './sample-event.ts';

const [, , file = '', writers = '1', commits = '0'] = process.argv;
await using store = await sqliteStore(file);
const sessionId = await addSession(store, 'one');
const next = eventSource();

async function write(): Promise<void> {
  for (let count = 0; count < Number(commits) / Number(writers); count++) {
    await store.commit({ sessionId, events: [next()] });
  }
}

await Promise.all(Array.from({ length: Number(writers) }, write));
