import { accessSync, constants } from 'node:fs';
import { AsmError } from '../domain/error.ts';
import { lookAt } from './look-at.ts';

/**
 * Throws `invalid_input` for what is no folder that a program could work in. One that we may not enter would else be
 * told as a program that can't be started, and to some agents it is a reason to wait.
 */
export function assertWorkingFolder(cwd: string): void {
  const found = lookAt(cwd);
  const problem =
    found === undefined
      ? 'does not exist'
      : !found.isDirectory()
        ? 'is not a folder'
        : isOpen(cwd)
          ? undefined
          : 'may not be read by this user';
  if (problem === undefined) return;
  throw new AsmError('invalid_input', `The working folder ${JSON.stringify(cwd)} ${problem}.`);
}

function isOpen(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
