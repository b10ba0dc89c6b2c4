import { text as readText } from 'node:stream/consumers';
import { AsmError } from '../domain/error.ts';

/** The task of a run: the words of the command line, or standard input. Throws `invalid_input` when it is empty. */
export async function readTask(words: readonly string[]): Promise<string> {
  const given = words.join(' ');
  const isPiped = given === '-' || (given.trim() === '' && !process.stdin.isTTY && words.length === 0);
  const task = isPiped ? await readText(process.stdin) : given;
  if (task.trim() !== '') return task;
  throw new AsmError('invalid_input', 'Say what the agent should do: asm run "…", or pipe it in.');
}
