/** Serves one session of a store that other processes share; told what to do by messages. */
import { openSync, writeSync } from 'node:fs';
import { isAsmError } from '../../src/domain/error.ts';
import { parseId, type RunId } from '../../src/domain/id.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer, type SessionServer } from '../../src/runtime/session-server.ts';
import type { SessionServerOptions } from '../../src/runtime/session-server-options.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';

/** What a serving process may be told to do. */
export type ServerOrder =
  | {
      readonly order: 'serve';
      readonly path: string;
      readonly sessionId: string;
      /** Milliseconds of a lease. */
      readonly lease: number;
      /** A file that gets a line for each agent that starts: its input. */
      readonly startsFile: string;
      readonly options: Omit<SessionServerOptions, 'session' | 'limiter' | 'runOptions' | 'signal'>;
    }
  /** Submits these; inputs that begin with `hang` never end. */
  | { readonly order: 'submit'; readonly inputs: readonly string[] }
  /** The same, one after the other, telling nothing: until the process ends. */
  | { readonly order: 'go on submitting'; readonly prefix: string }
  /** Resolves when an agent with this input runs here. */
  | { readonly order: 'await start'; readonly input: string }
  | { readonly order: 'await'; readonly runId: string }
  | { readonly order: 'drain' }
  | { readonly order: 'close' };

export interface ServerAnswer {
  readonly runIds?: readonly string[];
  readonly status?: string;
  readonly code?: string;
}

let manager: SessionManager | undefined;
let opened: SessionServer | undefined;
const started = new Set<string>();
const starts = new Set<() => void>();

function server(): SessionServer {
  if (opened === undefined) throw new Error('The server is not open.');
  return opened;
}

async function follow(order: ServerOrder): Promise<ServerAnswer> {
  switch (order.order) {
    case 'serve': {
      const { path, sessionId, lease, startsFile, options } = order;
      const startsLog = openSync(startsFile, 'a');
      const provider = scriptedProvider(
        ({ history }) => {
          const input = history.at(-1) ?? '';
          writeSync(startsLog, `${input}\n`);
          started.add(input);
          for (const wake of starts) wake();
          return input.startsWith('hang') ? [{ hang: true }] : [];
        },
        { acceptAnyHandle: true },
      );
      manager = await createSessionManager({
        // A killed process loses nothing by it.
        store: sqliteStore(path, { durability: 'normal' }),
        providers: [provider],
        times: { lease },
      });
      opened = await createSessionServer(manager, { ...options, session: sessionId });
      return {};
    }
    case 'submit': {
      const runs = await Promise.all(order.inputs.map((input) => server().submitRun(input)));
      return { runIds: runs.map((run) => run.id) };
    }
    case 'go on submitting': {
      void (async () => {
        for (let number = 0; ;) {
          const isTaken = await server()
            .submitRun(`${order.prefix} ${number}`)
            .then(
              () => true,
              () => false,
            );
          if (isTaken) number++;
          // A full queue takes it in a moment: somebody waits for each of them to start.
          else await new Promise(setImmediate);
        }
      })();
      return {};
    }
    case 'await start': {
      while (!started.has(order.input)) await new Promise<void>((resolve) => void starts.add(resolve));
      return {};
    }
    case 'await':
      return { status: (await server().awaitRun(runIdOf(order.runId))).status };
    case 'drain':
      await server().drain();
      return {};
    case 'close':
      await server().close();
      await manager?.close();
      return {};
  }
}

function runIdOf(text: string): RunId {
  const id = parseId('run', text);
  if (id === undefined) throw new Error(`${text} is no run.`);
  return id;
}

process.on('message', (order: ServerOrder) => {
  void follow(order)
    .catch((error: unknown): ServerAnswer => {
      if (!isAsmError(error)) throw error;
      return { code: error.code };
    })
    .then((answer) => process.send?.(answer));
});
