/**
 * Prints bytes in use: `node --expose-gc session-server-probe.ts idle COUNT` those that idle session
 * servers take; `… growth FIRST LAST` after so many runs of one session, and after that many.
 */
import { join } from 'node:path';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer, type SessionServer } from '../../src/runtime/session-server.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { bytesInUse } from './bytes-in-use.ts';
import { scratchFolder } from './scratch-folder.ts';

const [, , what = 'idle', first = '0', last = '0'] = process.argv;

/** Runs that are queued at once. */
const batch = 200;

using folder = scratchFolder();
// Not a question of memory, and many runs take long with a sync each.
const store = sqliteStore(join(folder.path, 'probe.db'), { durability: 'normal' });
await using manager = await createSessionManager({ store, providers: [scriptedProvider([])] });
const figures = what === 'idle' ? await idle(Number(first)) : await growth([Number(first), Number(last)]);
process.stdout.write(JSON.stringify(figures));

async function idle(count: number): Promise<readonly number[]> {
  await using stack = new AsyncDisposableStack();
  const serve = async (): Promise<SessionServer> =>
    stack.use(await createSessionServer(manager, { session: {} }));
  const used = await serve();
  await used.executeRun('go');
  const before = bytesInUse();
  for (let index = 0; index < count; index++) await serve();
  // Until all of them follow their logs.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return [bytesInUse() - before];
}

async function growth(marks: readonly number[]): Promise<readonly number[]> {
  await using server = await createSessionServer(manager, { session: {}, queuedRuns: batch });
  const figures: number[] = [];
  let done = 0;
  for (const mark of marks) {
    for (; done < mark; done += batch) {
      await Promise.all(Array.from({ length: batch }, (_, index) => server.submitRun(`run ${done + index}`)));
      await server.drain();
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    figures.push(bytesInUse());
  }
  return figures;
}
