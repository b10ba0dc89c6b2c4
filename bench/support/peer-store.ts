import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { NewEvent } from '../../src/domain/stored-event.ts';

/** Another library's event store, doing the same work on a file of its own. */
export interface PeerStore extends Disposable {
  /** Appends to a stream and resolves as the library says that it is done. */
  append(stream: string, events: readonly NewEvent[]): Promise<void>;
  /** Reads 100 events after the number; gives how many there were. */
  page(stream: string, after: number): Promise<number>;
}

export interface PeerStores {
  readonly name: string;
  open(file: string): PeerStore;
}

const peerPackage = '@event-driven-io/emmett-sqlite';
const peers = new URL('../peers/', import.meta.url);

/** How to get the peer, for people. */
export const peerAdvice = `To set ${peerPackage} beside the store: npm install --prefix ${fileURLToPath(peers)}`;

/** Loads the peer; `undefined` when it isn't installed. Throws when it is and can't be used. */
export async function loadPeerStores(): Promise<PeerStores | undefined> {
  if (!existsSync(new URL('node_modules', peers))) return undefined;
  const path = createRequire(new URL('package.json', peers)).resolve(peerPackage);
  const loaded: unknown = await import(pathToFileURL(path).href);
  if (!isEmmett(loaded))
    throw new TypeError(`The installed ${peerPackage} lacks getSQLiteEventStore or sqliteConnection.`);
  return { name: 'emmett-sqlite', open: (file) => openEmmett(loaded, file) };
}

/** The part of the library that is used here. Its durability is that of our default: WAL, `synchronous = FULL`. */
interface Emmett {
  sqliteConnection(options: { readonly fileName: string }): EmmettConnection;
  getSQLiteEventStore(options: {
    readonly fileName: string;
    readonly connectionOptions: { readonly singleton: true; readonly connection: EmmettConnection };
  }): EmmettStore;
}

interface EmmettConnection {
  close(): unknown;
}

interface EmmettStore {
  appendToStream(
    stream: string,
    events: readonly { readonly type: string; readonly data: unknown }[],
  ): Promise<unknown>;
  readStream(
    stream: string,
    range: { readonly from: bigint; readonly maxCount: bigint },
  ): Promise<{ readonly events: readonly unknown[] }>;
}

function isEmmett(loaded: unknown): loaded is Emmett {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'sqliteConnection' in loaded &&
    typeof loaded.sqliteConnection === 'function' &&
    'getSQLiteEventStore' in loaded &&
    typeof loaded.getSQLiteEventStore === 'function'
  );
}

function openEmmett(library: Emmett, fileName: string): PeerStore {
  // Its fastest way; without a connection of ours it opens the file anew for every call.
  const connection = library.sqliteConnection({ fileName });
  const store = library.getSQLiteEventStore({ fileName, connectionOptions: { singleton: true, connection } });
  return {
    async append(stream, events) {
      const messages = events.map(({ type, payload }): { type: string; data: unknown } => ({
        type,
        data: JSON.parse(payload),
      }));
      await store.appendToStream(stream, messages);
    },
    async page(stream, after) {
      // It reads up to and with `from + maxCount`.
      const { events } = await store.readStream(stream, { from: BigInt(after + 1), maxCount: 99n });
      return events.length;
    },
    [Symbol.dispose]: () => void connection.close(),
  };
}
