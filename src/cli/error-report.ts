import pc from 'picocolors';
import { asAsmError, type AsmError } from '../domain/error.ts';
import { nearestRecovery } from './recovery-advice.ts';

/** Writes an error for a person, or as one line of JSON for a program, to standard error. */
export function reportError(thrown: unknown, json: boolean): AsmError {
  const error = asAsmError(thrown);
  if (json) {
    process.stderr.write(`${JSON.stringify({ type: 'error', error: error.toJSON() })}\n`);
    return error;
  }
  const advice = nearestRecovery(error);
  process.stderr.write(`${pc.red('error')} ${error.message} ${pc.dim(`[${error.code}]`)}\n`);
  if (advice !== undefined) process.stderr.write(`${pc.dim('      ')}${advice}\n`);
  const stderr = error.provider?.stderr?.trim();
  if (stderr !== undefined && stderr !== '') {
    process.stderr.write(`${pc.dim(stderr.split('\n').slice(-5).join('\n'))}\n`);
  }
  return error;
}
