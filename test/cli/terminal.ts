import type { AsmProcess } from './asm-process.ts';
import { asmSource, programPath, type AsmRoom } from './asm-room.ts';

/** The program that gives others a terminal; part of every Linux and macOS. */
export const scriptProgram: string | undefined = programPath('script');

export interface TerminalOptions {
  readonly columns?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Starts `asm` in a terminal of its own, in which one can type; what it writes is standard output. */
export function startInTerminal(
  room: AsmRoom,
  words: readonly string[],
  { columns = 80, environment }: TerminalOptions = {},
): AsmProcess {
  const command = [process.execPath, asmSource, ...words].map(quoted).join(' ');
  const line = `stty -echo cols ${columns} rows 24; exec ${command}`;
  const own =
    process.platform === 'linux' ? ['-qefc', line, '/dev/null'] : ['-q', '/dev/null', 'sh', '-c', line];
  return room.start(own, {
    program: scriptProgram ?? 'script',
    input: { open: true },
    environment: { TERM: 'xterm', SHELL: '/bin/sh', ...environment },
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
