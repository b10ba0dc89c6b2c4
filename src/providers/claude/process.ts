import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { SpawnOptions, SpawnedProcess } from '@anthropic-ai/claude-agent-sdk';
import { startProcessGroup, type ProcessExit, type ProcessGroup } from '../../process/process-group.ts';
import { createStdoutLines, type StdoutLinesOptions } from './stdout-lines.ts';

/** Who is told of what the program writes beside its protocol. */
export interface ClaudeProcessOptions extends StdoutLinesOptions {
  /** Told once when the program has closed its output and lives on. */
  readonly onOutputClosed: () => void;
}

/** Milliseconds that output may still come after the program has ended. */
const outputGrace = 250;

/** Milliseconds that the program has to end after it has closed its output. */
const closedGrace = 2_000;

/** Milliseconds between asking the program to end and killing it. */
const endGrace = 400;

/** The agent's process, started when the SDK asks for it and ended with everything it started. */
export interface ClaudeProcess extends AsyncDisposable {
  /** Starts the program in a group of its own; for the SDK's option of the same name. */
  readonly spawn: (options: SpawnOptions) => SpawnedProcess;
  /** Resolves when the program runs; rejects when it can't be started. */
  readonly started: Promise<ProcessGroup>;
  /** How the program ended, once it did. */
  readonly exit: ProcessExit | undefined;
  /** The end of what it wrote to standard error. */
  stderrTail(): string;
  /** Ends the group, and what left it; also one that is just starting. Resolves when nothing of it lives. */
  end(): Promise<void>;
}

/** Makes the process of one run; `spawn` may be called once. */
export function createClaudeProcess(listeners: ClaudeProcessOptions): ClaudeProcess {
  const { promise: started, resolve, reject } = Promise.withResolvers<ProcessGroup>();
  // Whoever waits for it hears the failure; nobody has to.
  started.catch(() => undefined);
  let starting: Promise<ProcessGroup> | undefined;
  let group: ProcessGroup | undefined;
  let exit: ProcessExit | undefined;
  let isEnded = false;

  const end = async (): Promise<void> => {
    isEnded = true;
    const begun = await starting?.catch(() => undefined);
    await begun?.end({ grace: exit === undefined ? endGrace : 0 });
  };

  return {
    started,
    get exit() {
      return exit;
    },
    stderrTail: () => group?.stderrTail() ?? '',
    end,
    [Symbol.asyncDispose]: end,
    spawn(options) {
      const spawned = new SpawnedClaude(() => void end().catch(() => undefined));
      starting = startProcessGroup({
        command: options.command,
        arguments: options.args,
        cwd: options.cwd ?? process.cwd(),
        environment: definedOnly(options.env),
      });
      starting.then(
        (begun) => {
          group = begun;
          void begun.exit.then((how) => {
            exit = how;
          });
          spawned.connect(begun, listeners);
          resolve(begun);
          // It was ended before the SDK had asked for it.
          if (isEnded) void end().catch(() => undefined);
        },
        (thrown: unknown) => {
          reject(thrown);
          spawned.fail(thrown);
        },
      );
      return spawned;
    },
  };
}

/** What the SDK holds of the process: streams that exist at once and are connected when it runs. */
class SpawnedClaude extends EventEmitter implements SpawnedProcess {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  killed = false;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  readonly #end: () => void;

  constructor(end: () => void) {
    super();
    this.#end = end;
  }

  kill(): boolean {
    this.killed = true;
    this.#end();
    return true;
  }

  connect(group: ProcessGroup, listeners: ClaudeProcessOptions): void {
    this.stdin.pipe(group.child.stdin);
    group.child.stdout.pipe(createStdoutLines(listeners)).pipe(this.stdout);
    const outputEnded = new Promise<void>((resolve) => group.child.stdout.once('close', resolve));
    void outputEnded.then(() => {
      const timer = setTimeout(() => {
        // On a machine that was busy, its end may be known by now but not told.
        setImmediate(() => {
          if (isRunning(group)) listeners.onOutputClosed();
        });
      }, closedGrace);
      void group.exit.then(() => clearTimeout(timer));
    });
    void group.exit.then(async (how) => {
      // What it wrote last must be read before the SDK hears of its end; a child of it may keep the pipe open.
      await Promise.race([outputEnded, new Promise((resolve) => setTimeout(resolve, outputGrace).unref())]);
      this.exitCode = how.exitCode ?? null;
      this.signalCode = how.signal ?? null;
      this.emit('exit', this.exitCode, this.signalCode);
    });
  }

  fail(thrown: unknown): void {
    this.emit('error', thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

function isRunning({ child }: ProcessGroup): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function definedOnly(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) defined[name] = value;
  return defined;
}
