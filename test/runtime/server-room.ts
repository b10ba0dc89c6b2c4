import type { SessionStore } from '../../src/ports/session-store.ts';
import type { SessionManagerOptions } from '../../src/manager/manager-options.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer, type SessionServer } from '../../src/runtime/session-server.ts';
import type { SessionServerOptions } from '../../src/runtime/session-server-options.ts';
import { actingStore, type ActingStore } from '../manager/acting-store.ts';
import { storeKinds, type StoreKind } from '../manager/store-kinds.ts';
import { heldProvider, type HeldProvider } from './held-provider.ts';

/** A served session whose runs end when the test says so. */
export interface ServerRoom extends AsyncDisposable {
  readonly held: HeldProvider;
  readonly acting: ActingStore;
  readonly store: SessionStore;
  readonly manager: SessionManager;
  readonly server: SessionServer;
  /** Another manager on the same data, with the same agents; as another process would have it. */
  anotherManager(): Promise<SessionManager>;
  /** Another server of the same session. */
  serve(manager: SessionManager, options?: Partial<SessionServerOptions>): Promise<SessionServer>;
}

export interface ServerRoomOptions {
  readonly server?: Partial<SessionServerOptions>;
  readonly manager?: Partial<SessionManagerOptions>;
  readonly held?: HeldProvider;
}

export async function openServerRoom(
  kind: StoreKind,
  { server: serverOptions = {}, manager: managerOptions = {}, held = heldProvider() }: ServerRoomOptions = {},
): Promise<ServerRoom> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(kind.place(managerOptions.clock));
  const acting = actingStore(await place.open());
  const { store } = acting;
  const open = async (opened: SessionStore): Promise<SessionManager> =>
    await createSessionManager({ store: opened, providers: [held.provider], ...managerOptions });
  const manager = stack.use(await open(store));
  const server = stack.use(await createSessionServer(manager, { session: {}, ...serverOptions }));
  const rest = stack.move();
  return {
    held,
    acting,
    store,
    manager,
    server,
    anotherManager: async () => rest.use(await open(await place.open())),
    serve: async (by, options = {}) =>
      rest.use(await createSessionServer(by, { ...serverOptions, session: server.sessionId, ...options })),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** Of the kinds of stores, the one that several managers may open at once. */
export { sqlite } from '../manager/store-kinds.ts';
export { storeKinds };

/** Waits until something holds that nobody tells of. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
