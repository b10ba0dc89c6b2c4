import { AsmError } from '../../domain/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { startProcessGroup, type ProcessGroup } from '../../process/process-group.ts';
import { lostServer, silentServer } from './errors.ts';
import { JsonRpcConnection, JsonRpcRefusal, type JsonRpcListener } from './json-rpc-connection.ts';
import { objectField, textField } from './native-fields.ts';
import { spawnedThreads } from './subagent.ts';

/** Milliseconds that the program has to say that it is ready; the first start of the day takes long. */
const readyDeadline = 60_000;

/** Milliseconds that the program has to end by itself when its input is closed. */
const leaveGrace = 250;

/** Milliseconds between asking the program to end and killing it. */
const endGrace = 400;

/** Milliseconds in which a program that closed its output may still tell how it ended. */
const exitGrace = 1_000;

/** Arguments of every server. Plugins and apps would ask the network at each start. */
const serverArguments = [
  'app-server',
  '-c',
  'features.plugins=false',
  '-c',
  'features.apps=false',
  '-c',
  'check_for_update_on_startup=false',
] as const;

export interface ServerStart {
  readonly provider: string;
  readonly program: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Who hears what a server says about one conversation. */
export interface ThreadListener extends JsonRpcListener {
  /** The server is gone, and the conversation with it. */
  onLost(error: AsmError): void;
}

/** A running `codex app-server`. */
export class CodexServer implements AsyncDisposable {
  readonly group: ProcessGroup;
  readonly #start: ServerStart;
  readonly #connection: JsonRpcConnection;
  readonly #listeners = new Map<string, ThreadListener>();
  /** What was said of no conversation before the first one began. */
  #early: (readonly [method: string, params: JsonObject])[] = [];
  readonly #lost = Promise.withResolvers<AsmError>();
  #version: string | undefined;
  #ending: Promise<void> | undefined;

  private constructor(group: ProcessGroup, start: ServerStart) {
    this.group = group;
    this.#start = start;
    this.#connection = new JsonRpcConnection(group.child.stdout, group.child.stdin, {
      onNotification: (method, params) => this.#hear(method, params),
      onRequest: (method, params) => this.#beAsked(method, params),
      onForeign: (line) => this.#tellAll((listener) => listener.onForeign(line)),
    });
    void this.#watch();
  }

  /** Starts a server and waits until it is ready. Ends it when the signal aborts before that. */
  static async start(start: ServerStart, signal: AbortSignal): Promise<CodexServer> {
    const server = new CodexServer(
      await startProcessGroup({
        command: start.program,
        arguments: serverArguments,
        cwd: start.cwd,
        environment: start.environment,
      }),
      start,
    );
    try {
      await server.#introduce(signal);
      return server;
    } catch (thrown) {
      await server.kill();
      throw thrown;
    }
  }

  /** Version of the program. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Resolves with the reason when the server ends, breaks its protocol or closes its output. */
  get lost(): Promise<AsmError> {
    return this.#lost.promise;
  }

  /** Asks. Rejects with `JsonRpcRefusal`, or with why the server was lost. */
  async request(
    method: string,
    params: JsonObject,
    onResult?: (result: JsonValue) => void,
  ): Promise<JsonValue> {
    try {
      return await this.#connection.request(method, params, onResult);
    } catch (thrown) {
      if (thrown instanceof JsonRpcRefusal) throw thrown;
      throw await this.lost;
    }
  }

  /** Asks for a conversation, of which the listener hears everything from the beginning, unless the signal aborts. */
  async openThread(
    method: string,
    params: JsonObject,
    listener: ThreadListener,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const result = await this.request(method, params, (answer) => {
      const id = textField(objectField(answer, 'thread'), 'id');
      if (id === undefined) return;
      if (!signal.aborted) this.#listeners.set(id, listener);
      // Nobody waits for it any more.
      else this.request('thread/unsubscribe', { threadId: id }).catch(() => undefined);
    });
    for (const [early, said] of this.#early.splice(0)) await listener.onNotification(early, said);
    return isJsonObject(result) ? result : {};
  }

  /** Nobody listens to these conversations any more, nor to those that they started. */
  closeThreads(listener: ThreadListener): readonly string[] {
    const ids = [...this.#listeners].filter(([, known]) => known === listener).map(([id]) => id);
    for (const id of ids) this.#listeners.delete(id);
    return ids;
  }

  /** Lets the program end by itself, then ends its whole group. */
  async end(): Promise<void> {
    this.#ending ??= this.#leave();
    await this.#ending;
  }

  /** Ends the whole group without asking. */
  async kill(): Promise<void> {
    await this.group.end({ grace: endGrace });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #leave(): Promise<void> {
    this.group.child.stdin.end();
    await within(this.group.exit, leaveGrace);
    await this.kill();
  }

  async #introduce(signal: AbortSignal): Promise<void> {
    const ready = this.request('initialize', {
      clientInfo: { name: 'agent-session-manager', title: 'Agent Session Manager', version: '1' },
      // The caller's own tools are behind this switch.
      capabilities: { experimentalApi: true, requestAttestation: false },
    });
    const answer = await within(ready, readyDeadline, signal);
    if (answer === undefined) throw silentServer(this.#start.provider, this.group.stderrTail());
    this.#version = /\/(\d+\.\d+\.\d+\S*)/.exec(textField(answer, 'userAgent') ?? '')?.[1];
    this.#connection.notify('initialized');
  }

  async #watch(): Promise<void> {
    const broken = await Promise.race([this.#connection.closed, this.group.exit.then(() => undefined)]);
    const exit = await within(this.group.exit, broken === undefined ? exitGrace : 0);
    const error = lostServer({
      provider: this.#start.provider,
      exit,
      broken,
      stderr: this.group.stderrTail(),
    });
    // A server that can't be heard is of no use; what it runs must not go on unseen.
    if (exit === undefined) await this.kill().catch(() => undefined);
    this.#lost.resolve(error);
    for (const listener of new Set(this.#listeners.values())) listener.onLost(error);
    this.#listeners.clear();
  }

  async #hear(method: string, params: JsonObject): Promise<void> {
    const id = textField(params, 'threadId') ?? textField(objectField(params, 'thread'), 'id');
    const parent = this.#listeners.get(id ?? '');
    if (method === 'item/completed' && parent !== undefined) {
      // A subagent's conversation belongs to whom the one that started it belongs to.
      for (const spawned of spawnedThreads(objectField(params, 'item'))) this.#listeners.set(spawned, parent);
    }
    if (id !== undefined) return await this.#listeners.get(id)?.onNotification(method, params);
    if (this.#listeners.size === 0) this.#early = [...this.#early.slice(-63), [method, params]];
    await this.#tellAll((listener) => listener.onNotification(method, params));
  }

  async #tellAll(tell: (listener: ThreadListener) => Promise<void> | void): Promise<void> {
    for (const listener of new Set(this.#listeners.values())) await tell(listener);
  }

  async #beAsked(method: string, params: JsonObject): Promise<JsonValue> {
    const id = textField(params, 'threadId') ?? textField(params, 'conversationId') ?? '';
    const listener = this.#listeners.get(id);
    if (listener === undefined) throw new Error('Nobody is there to answer.');
    return await listener.onRequest(method, params);
  }
}

/** What the work gives, or `undefined` after so many milliseconds. Throws the signal's reason when it aborts. */
export async function within<Value>(
  work: Promise<Value>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const limit = new Promise<undefined>((resolve, reject) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
    if (signal === undefined) return;
    stop = () =>
      reject(
        new AsmError('cancelled', 'The run was cancelled while its agent started.', { cause: signal.reason }),
      );
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
}
