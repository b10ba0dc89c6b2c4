import { Socket } from 'node:net';
import { orAborted } from '../../domain/abort.ts';
import { startAppServer, type AppServer } from './app-server.ts';
import { serverMark } from './environment.ts';

/** Milliseconds that a server lives on without a run. */
const idleTime = 60_000;

/** What a run holds while it uses a server. */
export interface ServerLease {
  readonly server: AppServer;
  /** Lets the server go: it stays for the next run, or ends, as it was made to. */
  release(): Promise<void>;
}

/** Servers of several runs, one for each program and environment. */
export interface ServerPool extends AsyncDisposable {
  lease(
    place: { readonly program: string; readonly environment: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<ServerLease>;
}

interface Entry {
  readonly starting: Promise<AppServer>;
  users: number;
  timer?: NodeJS.Timeout;
}

/** Makes an empty pool. */
export function createServerPool(): ServerPool {
  const entries = new Map<string, Entry>();
  const closing = new AbortController();

  const forget = (key: string, entry: Entry): void => {
    if (entries.get(key) === entry) entries.delete(key);
    clearTimeout(entry.timer);
  };
  const open = (key: string, program: string, environment: Readonly<Record<string, string>>): Entry => {
    const marked = { ...environment, ...serverMark() };
    const starting = startAppServer({ program, environment: marked, cwd: '/' }, closing.signal);
    const entry: Entry = { starting, users: 0 };
    entries.set(key, entry);
    starting.then(
      // The next run starts another one in the place of one that is lost.
      (server) => void server.gone.then(() => forget(key, entry)),
      () => forget(key, entry),
    );
    return entry;
  };

  return {
    async lease({ program, environment }, signal) {
      const key = JSON.stringify([program, sorted(environment)]);
      const entry = entries.get(key) ?? open(key, program, environment);
      entry.users++;
      clearTimeout(entry.timer);
      const leave = (): void => {
        entry.users--;
        if (entry.users > 0 || entries.get(key) !== entry) return;
        const end = async (): Promise<void> => {
          forget(key, entry);
          const server = await entry.starting;
          await server.end();
        };
        entry.timer = setTimeout(() => void end().catch(() => undefined), idleTime);
        // A program that has nothing else to do needn't wait for it: its end ends the server, too.
        entry.timer.unref();
        void entry.starting.then((server) => hold(server, entry.users > 0)).catch(() => undefined);
      };
      try {
        const server = await orAborted(entry.starting, signal);
        hold(server, true);
        return {
          server,
          release: () => {
            leave();
            return Promise.resolve();
          },
        };
      } catch (thrown) {
        leave();
        throw thrown;
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      const all = [...entries.values()];
      entries.clear();
      for (const entry of all) clearTimeout(entry.timer);
      await Promise.all(
        all.map(async (entry) => {
          const server = await entry.starting.catch(() => undefined);
          await server?.end();
        }),
      );
    },
  };
}

function sorted(environment: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(environment).toSorted(([first], [second]) => (first < second ? -1 : 1));
}

/** Whether our process lives on for the server's sake. */
function hold(server: AppServer, isUsed: boolean): void {
  const { child } = server.group;
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (!(stream instanceof Socket)) continue;
    if (isUsed) stream.ref();
    else stream.unref();
  }
  if (isUsed) child.ref();
  else child.unref();
}
