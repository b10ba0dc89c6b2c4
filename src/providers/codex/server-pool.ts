import { createHash } from 'node:crypto';
import { orAborted } from '../../domain/abort.ts';
import { AsmError } from '../../domain/error.ts';
import { CodexServer, type ServerStart } from './server.ts';

/** Milliseconds that a shared server lives on without a run. */
const idleTime = 60_000;

/** A server for one run, and how to give it back. */
export interface ServerLease {
  readonly server: CodexServer;
  /** The run is over. `broken`: the server did not obey, and is ended for all. */
  release(how: { readonly broken: boolean }): Promise<void>;
}

interface SharedServer {
  readonly starting: Promise<CodexServer>;
  readonly cancelStart: AbortController;
  runs: number;
  idle: NodeJS.Timeout | undefined;
}

/** The servers that runs share: one for each environment. */
export class ServerPool implements AsyncDisposable {
  readonly #servers = new Map<string, SharedServer>();
  #closed = false;

  /** Takes part in a server, which is started if there is none. */
  async lease(start: ServerStart, signal: AbortSignal): Promise<ServerLease> {
    if (this.#closed) throw new AsmError('invalid_operation', 'This provider was closed.');
    const key = keyOf(start);
    const shared = this.#servers.get(key) ?? this.#begin(key, start);
    shared.runs++;
    clearTimeout(shared.idle);
    const release = async ({ broken }: { readonly broken: boolean }): Promise<void> => {
      shared.runs--;
      if (broken || (shared.runs === 0 && this.#servers.get(key) !== shared)) await this.#end(key, shared);
      else if (shared.runs === 0) {
        shared.idle = setTimeout(() => void this.#end(key, shared).catch(() => undefined), idleTime);
        shared.idle.unref();
      }
    };
    try {
      return { server: await orAborted(shared.starting, signal), release };
    } catch (thrown) {
      await release({ broken: false });
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#servers].map(([key, shared]) => this.#end(key, shared)));
  }

  #begin(key: string, start: ServerStart): SharedServer {
    const cancelStart = new AbortController();
    const starting = CodexServer.start(start, cancelStart.signal);
    const shared: SharedServer = { starting, cancelStart, runs: 0, idle: undefined };
    this.#servers.set(key, shared);
    const forget = (): void => {
      if (this.#servers.get(key) === shared) this.#servers.delete(key);
    };
    starting.then((server) => void server.lost.then(forget), forget);
    return shared;
  }

  async #end(key: string, shared: SharedServer): Promise<void> {
    clearTimeout(shared.idle);
    if (this.#servers.get(key) === shared) this.#servers.delete(key);
    shared.cancelStart.abort();
    const server = await shared.starting.catch(() => undefined);
    await server?.end();
  }
}

/** Equal for servers that could stand in for each other. A digest, since the environment holds secrets. */
function keyOf({ program, environment }: ServerStart): string {
  const parts = [program, ...Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1))];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
