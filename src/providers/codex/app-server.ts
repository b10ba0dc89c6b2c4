import { setTimeout as sleep } from 'node:timers/promises';
import { createLineSplitter } from '../../bridge/line-splitter.ts';
import { orAborted } from '../../domain/abort.ts';
import { AsmError, hasErrorCode } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { startProcessGroup, type ProcessGroup } from '../../process/process-group.ts';
import { crashError, protocolError } from './errors.ts';
import { createJsonRpc, type JsonRpc } from './json-rpc.ts';
import { textField } from '../../domain/json-field.ts';
import { ownConfigurationIn, type OwnConfiguration } from './configuration-answer.ts';
import { silentNotifications } from './protocol.ts';
import { serverFlags } from './server-flags.ts';
import { createServerInboxes, type ServerInboxes } from './server-inboxes.ts';

/** Longest line of the server, in bytes. */
const maximumLine = 64 * 1024 * 1024;

/** The first start of the day takes long. */
const defaultStartDeadline = 60_000;

/** Milliseconds that the server has to end after its input was closed. */
const exitGrace = 1_000;

/** Milliseconds that the server has to end after it has closed its output. */
const closedGrace = 1_000;

export interface AppServerOptions {
  readonly program: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * True: what is asked first needn't wait until the server has answered its greeting. For a configuration folder in
   * which one has run before: it is not started again when it meets another one that makes its database.
   */
  readonly atOnce?: boolean;
  /** Milliseconds that the server has to answer its greeting. Default 60,000. */
  readonly startDeadline?: number;
}

/** A running `codex app-server`. */
export interface AppServer extends AsyncDisposable, Omit<ServerInboxes, 'deliver' | 'fail'> {
  /** The path of its file. */
  readonly program: string;
  readonly rpc: JsonRpc;
  readonly group: ProcessGroup;
  /** As it says itself, once it has answered anything. */
  readonly version: string | undefined;
  /** What the person's own configuration has, as it was read last; absent: not yet. */
  readonly ownConfiguration: OwnConfiguration | undefined;
  /** Has the server read the configuration, again. */
  readConfiguration(): Promise<OwnConfiguration>;
  /** Why the server is of no use any more; absent while it is. */
  readonly lost: AsmError | undefined;
  /** Resolves when it is lost. */
  readonly gone: Promise<void>;
  /** Resolves when the server says that it has put the conversation away, or is lost. */
  closed(threadId: string): Promise<void>;
  /** Nothing more is asked of it: it begins to end by itself. */
  dismiss(): void;
  end(grace?: number): Promise<void>;
}

/** How often the program is started when it meets another one that makes its database. */
const startAttempts = 5;

/** Milliseconds before it is started again, times the attempt. */
const startPause = 150;

/**
 * Starts the program and greets it. Rejects when it can't, and ends it when the signal aborts before it has answered;
 * with `atOnce` its requests reject for that, too.
 */
export async function startAppServer(options: AppServerOptions, signal: AbortSignal): Promise<AppServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options, signal);
    } catch (thrown) {
      if (attempt === startAttempts || !isDatabaseRace(thrown)) throw thrown;
      await orAborted(sleep(attempt * startPause), signal);
    }
  }
}

/** Of several that are the first in a configuration folder, all but one give up; they have done nothing by then. */
function isDatabaseRace(thrown: unknown): boolean {
  if (!hasErrorCode(thrown, 'agent_crashed')) return false;
  return thrown.provider?.stderr?.includes('failed to initialize sqlite state runtime') === true;
}

async function startOnce(options: AppServerOptions, signal: AbortSignal): Promise<AppServer> {
  const group = await startProcessGroup({
    command: options.program,
    arguments: ['app-server', ...serverFlags],
    cwd: options.cwd,
    environment: options.environment,
  });
  const rpc = createJsonRpc((line) => void group.child.stdin.write(`${line}\n`));
  const inboxes = createServerInboxes((id, message) => rpc.refuse(id, message));
  const { promise: gone, resolve: tellGone } = Promise.withResolvers<void>();
  let lost: AsmError | undefined;
  const lose = (error: AsmError): void => {
    if (lost !== undefined) return;
    lost = error;
    rpc.fail(error);
    inboxes.fail(error);
    tellGone();
  };
  const end = async (grace = exitGrace): Promise<void> => {
    lose(
      new AsmError('agent_crashed', 'Codex was ended.', { provider: { provider: 'codex', kind: 'ended' } }),
    );
    // One that waits for a run lets our process end; who ends it waits for it, perhaps with nothing else to do.
    group.child.ref();
    group.child.stdin.end();
    // It ends by itself when nothing more can come; what it leaves is ended then.
    if (grace > 0) await Promise.race([group.exit, pause(grace)]);
    await group.end({ grace: 0 });
  };
  const readAll = async (): Promise<void> => {
    const splitter = createLineSplitter(maximumLine);
    try {
      for await (const chunk of group.child.stdout) {
        const bytes: unknown = chunk;
        if (!(bytes instanceof Uint8Array)) continue;
        for (const line of splitter.split(bytes)) {
          const item = rpc.receive(line);
          const room = item === undefined ? undefined : inboxes.deliver(item, line.length);
          if (room !== undefined) await room;
        }
      }
    } catch {
      lose(protocolError('a line was longer than 64 MiB.', group.stderrTail()));
      await end().catch(() => undefined);
      return;
    }
    const exit = await Promise.race([group.exit, pause(closedGrace)]);
    if (exit !== undefined) return lose(crashError({ ...exit, stderr: await group.lastStderr() }));
    lose(protocolError('it closed its output.', group.stderrTail()));
    await end().catch(() => undefined);
  };
  void readAll();

  let version: string | undefined;
  const { startDeadline = defaultStartDeadline } = options;
  const greet = async (): Promise<void> => {
    const stop = (): void => void end(0).catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(() => {
      lose(new AsmError('timed_out', `Codex did not answer within ${startDeadline} ms after its start.`));
      stop();
    }, startDeadline);
    try {
      if (signal.aborted) stop();
      const greeted = rpc.request('initialize', greetingParameters);
      // It takes them one after another; this doesn't depend on what it answers.
      rpc.notify('initialized');
      version = versionIn(await greeted);
    } catch (thrown) {
      const error = thrown instanceof AsmError ? thrown : protocolError(String(thrown), group.stderrTail());
      lose(error);
      await end(0);
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };
  const greeted = greet();
  if (options.atOnce === true) greeted.catch(() => undefined);
  else await greeted;

  /** What a server says that refused its greeting is not why it is of no use. */
  const request: JsonRpc['request'] = async (...asked) => {
    try {
      return await rpc.request(...asked);
    } catch (thrown) {
      throw lost ?? thrown;
    }
  };
  let ownConfiguration: OwnConfiguration | undefined;
  return {
    program: options.program,
    rpc: { ...rpc, request },
    group,
    get version() {
      return version;
    },
    get ownConfiguration() {
      return ownConfiguration;
    },
    readConfiguration: async () => {
      const read = await request('config/read', { includeLayers: false });
      ownConfiguration = ownConfigurationIn(read);
      return ownConfiguration;
    },
    get lost() {
      return lost;
    },
    gone,
    attach: (threadId, inbox) => {
      inboxes.attach(threadId, inbox);
      if (lost !== undefined) inbox.fail(lost);
    },
    detach: (threadId) => inboxes.detach(threadId),
    lobby: inboxes.lobby,
    closed: async (threadId) => await Promise.race([inboxes.closed(threadId), gone]),
    dismiss: () => void group.child.stdin.end(),
    end,
    [Symbol.asyncDispose]: () => end(),
  };
}

const greetingParameters: JsonObject = {
  clientInfo: { name: 'agent-session-manager', title: 'Agent Session Manager', version: '1' },
  // Client tools belong to it.
  capabilities: {
    experimentalApi: true,
    requestAttestation: false,
    optOutNotificationMethods: [...silentNotifications],
  },
};

/** The server tells its version only behind the name that we gave it. */
function versionIn(greeting: JsonValue): string | undefined {
  return /^[^/]+\/(\d+\.\d+\.\d+\S*)/.exec(textField(greeting, 'userAgent') ?? '')?.[1];
}

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds).unref());
}
