import { AsmError } from '../../domain/error.ts';
import { timeWords } from '../../domain/time-words.ts';
import type { ProcessExit } from '../../process/process-group.ts';

/** The error of a command that ended with an exit code that is not a success, or by a signal. */
export function exitError(provider: string, exit: ProcessExit, stderr: string): AsmError {
  const how =
    exit.signal === undefined
      ? `ended with exit code ${exit.exitCode ?? 'unknown'}`
      : `was ended by ${exit.signal}`;
  return new AsmError('command_failed', `The command ${how}.`, {
    provider: {
      provider,
      kind: exit.signal === undefined ? 'exit_code' : 'signal',
      ...exit,
      ...(stderr === '' ? {} : { stderr }),
    },
  });
}

/** The error of a command that reached its time limit. */
export function timeoutError(provider: string, milliseconds: number, stderr: string): AsmError {
  return new AsmError(
    'timed_out',
    `The command did not end within ${timeWords(milliseconds)} and was stopped.`,
    {
      details: { timeout: milliseconds },
      provider: { provider, kind: 'timeout', ...(stderr === '' ? {} : { stderr }) },
    },
  );
}

/** The error of a command that the gate refused. */
export function deniedError(reason: string): AsmError {
  return new AsmError('command_denied', `The command was not allowed: ${reason}`);
}
