import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import type { JsonObject } from '../../domain/json.ts';
import { splitPlainCommand } from '../../domain/shell-word.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { ShellNative } from './options.ts';

/** What is going to be run. */
export interface Invocation {
  readonly program: string;
  readonly arguments: readonly string[];
  /** The same as a text that a shell would read alike, for rules and people. */
  readonly command: string;
  /** True when a shell reads `command`. */
  readonly shell: boolean;
}

/** Makes the invocation of a run; throws `invalid_input` where the text would need a shell that nobody asked for. */
export function invocationOf(text: string, native: ShellNative, shell: string): Invocation {
  if (native.command !== undefined)
    return directInvocation([native.command.program, ...(native.command.arguments ?? [])]);
  if (text.trim() === '')
    throw new AsmError('invalid_input', 'There is no command to run: the message is empty.');
  if (native.shell === true) return { program: shell, arguments: ['-c', text], command: text, shell: true };
  const words = splitPlainCommand(text);
  if (words !== undefined) return directInvocation(words);
  throw new AsmError(
    'invalid_input',
    'The command uses shell syntax. Have a shell run it, or give a program with its arguments.',
    { details: decidedBy('shell') },
  );
}

/** The tool call that the gate decides about. */
export function toolCallOf(id: string, invocation: Invocation, cwd: string): ToolCall {
  const { program, arguments: parameters, command, shell } = invocation;
  return {
    id,
    name: 'bash',
    tool: 'bash',
    kind: 'execute',
    command,
    input: shell ? { command, cwd } : { command, program, arguments: parameters, cwd },
  };
}

/** The invocation with the input that the gate changed; throws `invalid_input` for input that it can't run. */
export function changeInvocation(invocation: Invocation, changed: JsonObject): Invocation {
  const { command, program, arguments: parameters } = changed;
  if (invocation.shell && typeof command === 'string') {
    return { ...invocation, command, arguments: ['-c', command] };
  }
  if (command !== undefined && command !== invocation.command) {
    const words = typeof command === 'string' ? splitPlainCommand(command) : undefined;
    if (words !== undefined) return directInvocation(words);
  } else if (typeof program === 'string' && program !== '' && isTextList(parameters)) {
    return directInvocation([program, ...parameters]);
  }
  throw new AsmError(
    'invalid_input',
    'The changed input of the command is not a command that can be run in its place.',
  );
}

function directInvocation(words: readonly string[]): Invocation {
  const [program = '', ...rest] = words;
  return { program, arguments: rest, command: words.map(quoteWord).join(' '), shell: false };
}

/** Writes a word so that every shell reads exactly it. */
function quoteWord(word: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
