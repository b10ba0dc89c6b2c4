import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionId } from '../../src/domain/id.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { temporaryFolder } from '../manager/store-kinds.ts';
import { startStoreChild } from '../sqlite/store-child.ts';
import type { ServerAnswer, ServerOrder } from './server-child.ts';

/** A process that serves the session. */
export interface ServerProcess extends AsyncDisposable {
  tell(order: ServerOrder): Promise<ServerAnswer>;
  /** Ends it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** A session that processes serve, and what became of it. */
export interface ServedRoom extends AsyncDisposable {
  readonly store: SessionStore;
  readonly manager: SessionManager;
  readonly sessionId: SessionId;
  /** The inputs of all agents that were started, in any process. */
  starts(): readonly string[];
  /** Starts a process that serves the session; it is ended with the room. */
  serve(options?: Extract<ServerOrder, { order: 'serve' }>['options']): Promise<ServerProcess>;
}

/** Milliseconds of a lease: short, so that what a killed process left behind is found soon, and longer than a busy machine holds a process up. */
export const shortLease = 1_000;

export async function openServedRoom(lease: number): Promise<ServedRoom> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const path = join(folder.path, 'sessions.db');
  const startsFile = join(folder.path, 'starts');
  const store = await sqliteStore(path);
  const manager = stack.use(await createSessionManager({ store, providers: [] }));
  const { id: sessionId } = await manager.createSession({ metadata: {} });
  const rest = stack.move();
  return {
    store,
    manager,
    sessionId,
    starts: () => readFileSync(startsFile, 'utf8').trimEnd().split('\n'),
    async serve(options = {}) {
      const child = rest.use(startStoreChild('../runtime/server-child.ts'));
      const tell = async (order: ServerOrder): Promise<ServerAnswer> =>
        (await child.ask(order)) as ServerAnswer;
      const answer = await tell({ order: 'serve', path, sessionId, lease, startsFile, options });
      if (answer.code !== undefined) throw new Error(`It could not serve: ${answer.code}`);
      const kill = async (): Promise<void> => await child[Symbol.asyncDispose]();
      return { tell, kill, [Symbol.asyncDispose]: kill };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
