import { orAborted } from '../../domain/abort.ts';
import { runCookieVariable } from '../../process/process-family.ts';
import { startAppServer, type AppServer } from './app-server.ts';
import { serverMark } from './environment.ts';
import {
  defaultIdleTime,
  holdServer,
  serverKey,
  type ServerProgram,
  type ServerSource,
} from './server-lease.ts';

interface Entry {
  readonly starting: Promise<AppServer>;
  users: number;
  timer?: NodeJS.Timeout;
}

/** Servers that several runs share, one for each program and environment. `idleTime`: milliseconds without a run. */
export function createServerPool(idleTime: number = defaultIdleTime): ServerSource {
  const entries = new Map<string, Entry>();
  const closing = new AbortController();

  const forget = (key: string, entry: Entry): void => {
    if (entries.get(key) === entry) entries.delete(key);
    clearTimeout(entry.timer);
  };
  const open = (key: string, wanted: ServerProgram): Entry => {
    const environment = { ...wanted.environment, [runCookieVariable]: serverMark() };
    const starting = startAppServer({ program: wanted.program, environment, cwd: '/' }, closing.signal);
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
    async lease(wanted, _request, signal) {
      const key = serverKey(wanted);
      const running = entries.get(key);
      const entry = running ?? open(key, wanted);
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
        void entry.starting.then((server) => holdServer(server, entry.users > 0)).catch(() => undefined);
      };
      try {
        const server = await orAborted(entry.starting, signal);
        holdServer(server, true);
        if (running !== undefined) await orAborted(server.readConfiguration(), signal);
        return {
          server,
          use: 'shared',
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
    // It is no session's.
    endSession: () => Promise.resolve(),
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
