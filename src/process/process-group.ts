import {
  spawn,
  type ChildProcess,
  type ChildProcessByStdio,
  type ChildProcessWithoutNullStreams,
} from 'node:child_process';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { AsmError } from '../domain/error.ts';
import { systemClock } from '../domain/clock.ts';
import { pause } from '../domain/pause.ts';
import type { AgentProcess } from '../domain/run.ts';
import { createOutputTail } from './output-tail.ts';
import { endProcesses, sendSignal, type Endable } from './process-ending.ts';
import { findFamily, runCookieVariable, type FamilyMarks } from './process-family.ts';
import { countBegun, hasProcessTable, readProcessEntry } from './process-table.ts';
import { findLifeBinder, findProgram } from './program-path.ts';
import { assertWorkingFolder } from './working-folder.ts';

export interface ProcessGroupOptions {
  /** A path, relative to `cwd`, or a name that is looked up in the `PATH` of `environment`. */
  readonly command: string;
  readonly arguments: readonly string[];
  /** Absolute path of an existing folder. */
  readonly cwd: string;
  /** All of the environment: nothing is inherited. `ASM_RUN_COOKIE` in it marks the family. */
  readonly environment: Readonly<Record<string, string>>;
  /** `ignore` connects standard input to nothing, which some programs tell from an empty pipe. Default `pipe`. */
  readonly standardInput?: 'pipe' | 'ignore';
  /** Bytes of standard error kept, from its end; 0: it is left to the caller to read. Default 16 KiB. */
  readonly stderrTail?: number;
  /** The error code when the program doesn't exist. Default `agent_not_installed`. */
  readonly notFoundCode?: 'agent_not_installed' | 'command_not_found';
}

/** How a process ended: one of the two. */
export interface ProcessExit {
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
}

/** A program and everything it starts. Disposing ends all of it. */
export interface ProcessGroup<
  Child extends ChildProcess = ChildProcessWithoutNullStreams,
> extends AsyncDisposable {
  /** The program's own process. Its standard output is the caller's to read. */
  readonly child: Child;
  readonly identity: AgentProcess;
  /** Resolves when the program itself has ended; what it started may live on. Never rejects. */
  readonly exit: Promise<ProcessExit>;
  /** The end of standard error so far, without codes for terminals. */
  stderrTail(): string;
  /**
   * True when nothing that the program started lives, as far as the system tells; `withChildren`: but what it started
   * itself, where that is a part of it.
   */
  isAlone(options?: { readonly withChildren?: boolean }): boolean;
  /** The same when all of it was read, which may be after the exit; of what others still hold open, so far. */
  lastStderr(): Promise<string>;
  /**
   * Ends the whole group: SIGTERM, after `grace` milliseconds (default 2,000) SIGKILL. On Linux also
   * what left the group but kept the cookie. Resolves when none of them lives; a second call waits for
   * the same end and can only shorten the grace. Rejects with `timed_out` if SIGKILL doesn't help.
   */
  end(options?: { readonly grace?: number }): Promise<void>;
}

type InputlessProcess = ChildProcessByStdio<null, Readable, Readable>;

const defaultStderrTail = 16 * 1024;
const defaultGrace = 2_000;

/** Milliseconds that what was written last may take to be read. */
const readingDeadline = 200;

/**
 * Starts a program in a session and process group of its own. On Linux it is killed by the system when
 * the thread that called this dies (through `setpriv`, where that exists), so that a crash of ours
 * leaves no agent behind; what the agent started is then found by its cookie. Rejects with
 * `agent_not_installed` or `command_not_found` when there is no such program, with `invalid_input` for
 * a folder that doesn't exist and for arguments that no program can get.
 */
export function startProcessGroup(
  options: ProcessGroupOptions & { readonly standardInput?: 'pipe' },
): Promise<ProcessGroup>;
export function startProcessGroup(
  options: ProcessGroupOptions & { readonly standardInput: 'ignore' },
): Promise<ProcessGroup<InputlessProcess>>;
export async function startProcessGroup(
  options: ProcessGroupOptions,
): Promise<ProcessGroup | ProcessGroup<InputlessProcess>> {
  refuseNul(options);
  const [program, binder] = await Promise.all([findStartable(options), findLifeBinder()]);
  const [command, ...leading] =
    binder === undefined ? [program] : [binder, '--pdeathsig', 'SIGKILL', '--', program];
  const settings = { cwd: options.cwd, env: { ...options.environment }, detached: true } as const;
  const argumentList = [...leading, ...options.arguments];
  try {
    return options.standardInput === 'ignore'
      ? await take(spawn(command, argumentList, { ...settings, stdio: ['ignore', 'pipe', 'pipe'] }), options)
      : await take(spawn(command, argumentList, { ...settings, stdio: ['pipe', 'pipe', 'pipe'] }), options);
  } catch (thrown) {
    throw startError(options, thrown);
  }
}

/** Waits until the process runs, and makes the group of it. */
async function take<Child extends ChildProcess & { readonly stderr: Readable }>(
  child: Child,
  options: ProcessGroupOptions,
): Promise<ProcessGroup<Child>> {
  // Read before anything is awaited: an entry stays readable until our event loop has reaped it.
  const startTime = child.pid === undefined ? undefined : readProcessEntry(child.pid)?.startTime;
  const exit = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      resolve({ ...(exitCode === null ? {} : { exitCode }), ...(signal === null ? {} : { signal }) });
    });
  });
  // A pipe whose other end is gone reports it as an error, which would end our process if unheard.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on('error', () => {});
  const tailSize = options.stderrTail ?? defaultStderrTail;
  const tail = createOutputTail(tailSize);
  if (tailSize > 0) child.stderr.on('data', (chunk: Buffer) => tail.add(chunk));
  const tailText = (): string => stripVTControlCharacters(tail.text());
  const stderrRead = new Promise<void>((resolve) => child.stderr.once('close', () => resolve()));

  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.on('error', () => {});
  const pid = child.pid;
  if (pid === undefined) throw new Error('The process started without an id.');
  const identity = { pid, processGroup: pid, ...(startTime === undefined ? {} : { startTime }) };

  const marks = marksOf(identity, options.environment[runCookieVariable]);
  const family = familyOf(identity.processGroup, marks);
  let ending: Promise<void> | undefined;
  let grace = Number.POSITIVE_INFINITY;
  const end = (how: { readonly grace?: number } = {}): Promise<void> => {
    grace = Math.min(grace, how.grace ?? defaultGrace);
    // Our own child is a zombie until it is reaped, which its exit event tells.
    ending ??= endProcesses(family, () => grace).then(async () => {
      await exit;
    });
    return ending;
  };
  return {
    child,
    identity,
    exit,
    stderrTail: tailText,
    isAlone: ({ withChildren = false } = {}) =>
      hasProcessTable() &&
      findFamily(marks).every((entry) => entry.pid === pid || (withChildren && entry.parent === pid)),
    async lastStderr() {
      const reading = new AbortController();
      await Promise.race([stderrRead, pause(readingDeadline, reading.signal, systemClock)]);
      // With a reason of its own: the default one is made with its stack.
      reading.abort('read');
      return tailText();
    },
    end,
    [Symbol.asyncDispose]: () => end(),
  };
}

function marksOf(identity: AgentProcess, cookie: string | undefined): FamilyMarks {
  return {
    group: identity.processGroup,
    first: { pid: identity.pid, begun: countBegun() },
    ...(cookie === undefined || cookie === '' ? {} : { cookies: [cookie] }),
    ...(identity.startTime === undefined ? {} : { notBefore: identity.startTime }),
  };
}

/** The group as something to end. Without a process table only the group itself can be seen. */
function familyOf(group: number, marks: FamilyMarks): Endable {
  if (!hasProcessTable()) {
    return {
      living: () => (sendSignal(-group, 0) ? [group] : []),
      signal: (name) => (sendSignal(-group, name) ? [group] : []),
    };
  }
  return {
    living: () => findFamily(marks).map((entry) => entry.pid),
    signal(name) {
      const members = findFamily(marks);
      // As a whole first, so that nothing can be forked between two signals.
      if (members.some((entry) => entry.group === group)) sendSignal(-group, name);
      for (const entry of members) if (entry.group !== group) sendSignal(entry.pid, name);
      return members.map((entry) => entry.pid);
    },
  };
}

async function findStartable(options: ProcessGroupOptions): Promise<string> {
  assertWorkingFolder(options.cwd);
  const path = options.environment['PATH'] ?? '';
  const program = await findProgram(options.command, { path, cwd: options.cwd });
  if (program !== undefined) return program;
  throw new AsmError(
    options.notFoundCode ?? 'agent_not_installed',
    `No program ${JSON.stringify(options.command)} was found${options.command.includes('/') ? '' : ' in PATH'}. Install it, or give its full path.`,
    { details: { command: options.command } },
  );
}

function refuseNul(options: ProcessGroupOptions): void {
  const texts = [
    options.command,
    options.cwd,
    ...options.arguments,
    ...Object.entries(options.environment).flat(),
  ];
  if (!texts.some((text) => text.includes('\0'))) return;
  throw new AsmError(
    'invalid_input',
    'A command, its arguments and its environment may not contain NUL characters.',
  );
}

function startError(options: ProcessGroupOptions, thrown: unknown): AsmError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  const program = JSON.stringify(options.command);
  if (code === 'E2BIG') {
    return new AsmError('invalid_input', `The arguments for ${program} are longer than the system allows.`, {
      cause: thrown,
    });
  }
  return new AsmError(
    options.notFoundCode ?? 'agent_not_installed',
    `${program} could not be started (${code}). Check that it is a program for this machine.`,
    { cause: thrown, details: { command: options.command, systemCode: code } },
  );
}
