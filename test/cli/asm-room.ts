import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer, type ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { startAsm, type AsmEnd, type AsmProcess, type AsmProcessOptions } from './asm-process.ts';

const root = join(import.meta.dirname, '..', '..');

/** The command from its source; `launcher` is what npm installs as `asm`. */
export const asmSource: string = join(root, 'src', 'cli', 'main.ts');
export const launcher: string = join(root, 'bin', 'asm.js');
const sequence = join(import.meta.dirname, 'asm-sequence.ts');

export interface AsmOptions {
  readonly input?: AsmProcessOptions['input'];
  /** Changes of the environment; `undefined` takes a variable out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Another form of the command: a script for this Node, or a program of its own. Default: the source. */
  readonly script?: string;
  readonly program?: string;
}

/** A home, a working folder and a scripted model of their own for the real `asm` command. */
export interface AsmRoom extends AsyncDisposable {
  readonly server: ModelServer;
  readonly home: string;
  readonly cwd: string;
  /** The file in which `asm` keeps the sessions of this home. */
  readonly store: string;
  environment(changes?: AsmOptions['environment']): Readonly<Record<string, string>>;
  /** Starts `asm`. It is ended with the room at the latest. */
  start(words: readonly string[], options?: AsmOptions): AsmProcess;
  /** Starts `asm` and waits for its end. */
  asm(words: readonly string[], options?: AsmOptions): Promise<AsmEnd>;
  /** Does several commands one after the other in one process, where nothing depends on each having its own. */
  each(
    commands: readonly (readonly string[])[],
    options?: Omit<AsmOptions, 'script' | 'program'>,
  ): Promise<readonly AsmEnd[]>;
}

export async function openAsmRoom(script: ModelScript = []): Promise<AsmRoom> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-cli-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(script);
  const started: AsmProcess[] = [];
  const room: AsmRoom = {
    server,
    home,
    cwd,
    store: join(home, '.local', 'state', 'agent-session-manager', 'sessions.db'),
    environment(changes = {}) {
      const all: Record<string, string | undefined> = {
        ...claudeEnvironment(server, { home }),
        ...changes,
      };
      return Object.fromEntries(
        Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      );
    },
    start(words, options = {}) {
      const own = options.program === undefined ? [options.script ?? asmSource] : [];
      const command = startAsm(options.program ?? process.execPath, [...own, ...words], {
        cwd: options.cwd ?? cwd,
        environment: room.environment(options.environment),
        ...(options.input === undefined ? {} : { input: options.input }),
      });
      started.push(command);
      return command;
    },
    asm: (words, options) => room.start(words, options).ended,
    async each(commands, options = {}) {
      const end = await room.start([JSON.stringify(commands)], { ...options, script: sequence }).ended;
      const ends = endsOf(end);
      if (ends.length === commands.length) return ends;
      throw new Error(`${ends.length} of ${commands.length} commands ended:\n${end.output}\n${end.errors}`);
    },
    async [Symbol.asyncDispose]() {
      for (const command of started) command.signal('SIGKILL');
      await Promise.all(started.map((command) => command.ended));
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return room;
}

/** How the commands of a sequence ended: each wrote its exit code, between NUL characters, behind its outputs. */
function endsOf({ output, errors }: AsmEnd): readonly AsmEnd[] {
  const outputs = output.split('\0');
  const complaints = errors.split('\0');
  return outputs.flatMap((code, index) =>
    index % 2 === 0
      ? []
      : [
          {
            code: Number(code),
            signal: null,
            output: outputs[index - 1] ?? '',
            errors: complaints[index - 1] ?? '',
          },
        ],
  );
}

/** The JSON documents of an output, or of what a command wrote to it; throws for a line that is none. */
export function documents(written: string | AsmEnd | undefined): readonly Record<string, unknown>[] {
  const output = typeof written === 'object' ? written.output : (written ?? '');
  if (output !== '' && !output.endsWith('\n')) throw new Error('The last line is not complete.');
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Where a program is on this machine, if it is there. */
export function programPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
