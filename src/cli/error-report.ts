import { AsmError, asAsmError } from '../domain/error.ts';
import { visibleText } from '../rendering/visible-text.ts';
import { jsonLineOf } from './output.ts';
import { paintFor } from './paint.ts';
import { recoveryAdvice } from './recovery-advice.ts';

/** Writes an error for a person, or as one line of JSON for a program, to standard error. */
export function reportError(thrown: unknown, json: boolean): AsmError {
  const error = isFolderGone(thrown) ? folderGone(thrown) : asAsmError(thrown);
  if (json) {
    process.stderr.write(jsonLineOf(JSON.stringify({ type: 'error', error: error.toJSON() })));
    return error;
  }
  const paint = paintFor(process.stderr);
  const lines = [`${paint.red('error')} ${visibleText(error.message)} ${paint.dim(`[${error.code}]`)}`];
  const advice = recoveryAdvice(error);
  if (advice !== undefined) lines.push(`      ${advice}`);
  const said = error.provider?.stderr?.trim() ?? '';
  if (said !== '') lines.push(paint.dim(visibleText(said).split('\n').slice(-5).join('\n')));
  process.stderr.write(`${lines.join('\n')}\n`);
  return error;
}

/** True for what Node throws at whoever asks for the working folder after that was removed. */
function isFolderGone(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'uv_cwd';
}

function folderGone(cause: Error): AsmError {
  const message = 'The folder that asm was started in does not exist any more. Change to one that does.';
  return new AsmError('invalid_input', message, { cause });
}

/** Writes what is wrong about a command line: `complaint` for a person, `message` for a program. */
export function reportUsage(message: string, complaint: string, json: boolean): void {
  if (json) reportError(new AsmError('invalid_input', message.replace(/^error: /, '')), json);
  else process.stderr.write(visibleText(complaint));
}
