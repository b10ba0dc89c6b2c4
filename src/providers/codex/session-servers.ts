import { abortError } from '../../domain/error.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { AgentStart } from '../../ports/provider.ts';
import { runCookieVariable } from '../../process/process-family.ts';
import { hasProcessTable } from '../../process/process-table.ts';
import { startAppServer, type AppServer, type AppServerOptions } from './app-server.ts';
import { runMarks, serverMark } from './environment.ts';
import {
  defaultIdleTime,
  holdServer,
  serverKey,
  type ServerLease,
  type ServerProgram,
  type ServerSource,
} from './server-lease.ts';

/** Servers that wait for their session's next run at most; of more, the one that has waited longest is ended. */
const mostIdle = 16;

/** Milliseconds that a server that has waited has to answer, before another one is started in its place. */
const answerDeadline = 2_000;

/** A server with a cookie of its own, and what it was started with. */
interface SessionServer {
  readonly server: AppServer;
  readonly key: string;
  readonly mark: string;
}

interface IdleServer extends SessionServer {
  readonly servedRun: RunId;
  readonly timer: NodeJS.Timeout;
}

/** A run of a session that has a server, and whether that may stay. */
interface Use {
  readonly sessionId: SessionId;
  sessionEnded: boolean;
}

/**
 * Servers that stay after a run for their session's next one. It gets the server only when it goes on from the end
 * of the very run that the server has served: then that end is stored, so that nobody takes that run for abandoned
 * and ends what it used. `idleTime`: milliseconds that they stay.
 */
export function createSessionServers(idleTime: number = defaultIdleTime): ServerSource {
  const idle = new Map<SessionId, IdleServer>();
  const uses = new Set<Use>();
  let closed = false;

  const drop = (sessionId: SessionId): IdleServer | undefined => {
    const found = idle.get(sessionId);
    clearTimeout(found?.timer);
    idle.delete(sessionId);
    return found;
  };
  const end = async (sessionId: SessionId): Promise<void> => await drop(sessionId)?.server.end();
  const endQuietly = (sessionId: SessionId): void => void end(sessionId).catch(() => undefined);

  const keep = async (own: SessionServer, sessionId: SessionId, servedRun: RunId): Promise<void> => {
    const replaced = drop(sessionId)?.server;
    const timer = setTimeout(() => endQuietly(sessionId), idleTime);
    // A program that has nothing else to do needn't wait for it: its end ends the server, too.
    timer.unref();
    idle.set(sessionId, { ...own, servedRun, timer });
    holdServer(own.server, false);
    void own.server.gone.then(() => {
      if (idle.get(sessionId)?.server === own.server) endQuietly(sessionId);
    });
    const [longest] = idle.keys();
    if (idle.size > mostIdle && longest !== undefined) endQuietly(longest);
    await replaced?.end();
  };
  const takeIdle = async (request: AgentStart, key: string): Promise<SessionServer | undefined> => {
    const found = idle.get(request.sessionId);
    const { resume } = request;
    if (found?.key !== key || resume?.fork !== false || resume.handle.runId !== found.servedRun)
      return undefined;
    drop(request.sessionId);
    holdServer(found.server, true);
    if (await answers(found.server)) return found;
    await found.server.end(0);
    return undefined;
  };
  const start = async (
    wanted: ServerProgram,
    request: AgentStart,
    signal: AbortSignal,
  ): Promise<SessionServer> => {
    const key = serverKey(wanted);
    const waiting = await takeIdle(request, key);
    if (waiting !== undefined) return waiting;
    const mark = serverMark();
    const environment = { ...wanted.environment, [runCookieVariable]: mark };
    const server = await startAppServer(serverOptions(wanted, environment), signal);
    return { server, key, mark };
  };
  const leaseForSession = async (
    wanted: ServerProgram,
    request: AgentStart,
    signal: AbortSignal,
  ): Promise<ServerLease> => {
    const { sessionId, runId } = request;
    const use: Use = { sessionId, sessionEnded: false };
    uses.add(use);
    try {
      const own = await start(wanted, request, signal);
      const { server, mark } = own;
      return {
        server,
        use: 'session',
        mark,
        async release(mayStay) {
          uses.delete(use);
          if (mayStay && !closed && !use.sessionEnded && server.lost === undefined)
            await keep(own, sessionId, runId);
          else await server.end();
        },
      };
    } catch (thrown) {
      uses.delete(use);
      throw thrown;
    }
  };

  return {
    async lease(wanted, request, signal) {
      try {
        // Without a process table what a run left could only be ended together with its server.
        const isForRun = request.lastRun === true || !hasProcessTable();
        return isForRun
          ? await leaseForRun(wanted, request, signal)
          : await leaseForSession(wanted, request, signal);
      } catch (thrown) {
        throw signal.aborted ? abortError(signal) : thrown;
      }
    },
    async endSession(id) {
      for (const use of uses) if (use.sessionId === id) use.sessionEnded = true;
      await end(id);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await Promise.all([...idle.keys()].map(end));
    },
  };
}

/** A server that ends with its run. */
async function leaseForRun(
  wanted: ServerProgram,
  request: AgentStart,
  signal: AbortSignal,
): Promise<ServerLease> {
  const environment = { ...wanted.environment, ...runMarks(request) };
  const server = await startAppServer(serverOptions(wanted, environment), signal);
  return { server, use: 'run', release: () => server.end() };
}

/** In no project, so that it reads none's settings by itself. */
function serverOptions(
  { program, isKnown }: ServerProgram,
  environment: Readonly<Record<string, string>>,
): AppServerOptions {
  return { program, environment, cwd: '/', atOnce: isKnown };
}

/** Whether a server that has waited still does its work; with the same question it learns what has changed. */
async function answers(server: AppServer): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), answerDeadline);
  server.readConfiguration().then(
    () => resolve(true),
    () => resolve(false),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
