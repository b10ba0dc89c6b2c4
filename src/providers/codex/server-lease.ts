import { Socket } from 'node:net';
import type { SessionId } from '../../domain/id.ts';
import type { AgentStart } from '../../ports/provider.ts';
import type { AppServer } from './app-server.ts';

/** Milliseconds that a server lives on without a run, unless told otherwise. */
export const defaultIdleTime = 60_000;

/** What a run holds while it uses a server. */
export interface ServerLease {
  readonly server: AppServer;
  /**
   * `run`: the server was made for this run, carries its cookie and ends with it. `session`: it is this run's alone
   * while it is held, and may then serve the session's next one. `shared`: other runs use it at the same time.
   */
  readonly use: 'run' | 'session' | 'shared';
  /** The value of `ASM_RUN_COOKIE` that the server has of its own; absent for `run`. */
  readonly mark?: string;
  /** Lets the server go. `keep`: it is as it was before this run, so that another one may have it. */
  release(keep: boolean): Promise<void>;
}

/** What a server is to be started with, or was. */
export interface ServerProgram {
  readonly program: string;
  /** Without the marks by which a server is found. */
  readonly environment: Readonly<Record<string, string>>;
  /** True: this program has run with this configuration folder before, and has nothing to make in it. */
  readonly isKnown: boolean;
}

/** Where runs get their servers from. */
export interface ServerSource extends AsyncDisposable {
  lease(wanted: ServerProgram, request: AgentStart, signal: AbortSignal): Promise<ServerLease>;
  /** Nothing is kept any longer for the session. */
  endSession(id: SessionId): Promise<void>;
}

/** What has to be equal for two runs to use one server. */
export function serverKey({ program, environment }: Omit<ServerProgram, 'isKnown'>): string {
  const sorted = Object.entries(environment).toSorted(([first], [second]) => (first < second ? -1 : 1));
  return JSON.stringify([program, sorted]);
}

/** Whether our process lives on for the server's sake. */
export function holdServer(server: AppServer, isUsed: boolean): void {
  const { child } = server.group;
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (!(stream instanceof Socket)) continue;
    if (isUsed) stream.ref();
    else stream.unref();
  }
  if (isUsed) child.ref();
  else child.unref();
}
