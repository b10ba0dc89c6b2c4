/**
 * Writes to a new SQLite store: `node sync-count-probe.ts FILE WRITERS COMMITS` commits single events, with `queued` in
 * the place of the writers a session server executes as many queued runs.
 */
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer } from '../../src/runtime/session-server.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { addSession } from '../../src/testing/store-contract/sample-rows.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { eventSource } from './sample-event.ts';

const [, , file = '', how = '1', count = '0'] = process.argv;
const store = await sqliteStore(file);
if (how === 'queued') await executeQueued(store, Number(count));
else await commitSingly(store, Number(how), Number(count));

async function commitSingly(opened: SessionStore, writers: number, commits: number): Promise<void> {
  await using used = opened;
  const sessionId = await addSession(used, 'one');
  const next = eventSource();
  const write = async (): Promise<void> => {
    for (let index = 0; index < commits / writers; index++) {
      await used.commit({ sessionId, events: [next()] });
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

async function executeQueued(opened: SessionStore, runs: number): Promise<void> {
  await using manager = await createSessionManager({ store: opened, providers: [scriptedProvider([])] });
  await using server = await createSessionServer(manager, { session: {}, queuedRuns: runs });
  await Promise.all(Array.from({ length: runs }, (_, index) => server.submitRun(`run ${index}`)));
  await server.drain();
}
