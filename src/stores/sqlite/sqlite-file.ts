import { accessSync, closeSync, constants, mkdirSync, openSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { AsmError } from '../../domain/error.ts';
import { invalidInput } from '../contract/invalid-input.ts';
import { readOnlyAdvice } from './sqlite-error.ts';

/**
 * Makes sure that a private, writable file is at the path, and returns its absolute path. A new file
 * has mode 0600, which SQLite passes on to the `-wal` and `-shm` files beside it; missing parent folders
 * are made with mode 0700. What is there already keeps its mode.
 *
 * Throws `invalid_input` for a path that isn't one, `storage_invalid` for what isn't a file,
 * `storage_read_only`, `storage_full` or `storage_unavailable`.
 */
export function prepareFile(path: string): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw invalidInput('The path of a SQLite store is the path of a file.');
  }
  if (path === ':memory:') {
    throw invalidInput('A SQLite store is a file. For a store in memory use memoryStore().');
  }
  const file = resolve(path);
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) createPrivately(file);
    else checkFound(file, found);
  } catch (error) {
    throw fileError(error, file);
  }
  return file;
}

function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Only a file that this call makes may be closed again: closing any descriptor of a file takes
    // away the locks that this process holds on it.
    closeSync(openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function checkFound(file: string, found: Stats): void {
  if (found.isDirectory()) {
    throw new AsmError('storage_invalid', `${file} is a folder. Give the path of a file in it.`, {
      details: { path: file },
    });
  }
  if (!found.isFile()) {
    throw new AsmError('storage_invalid', `${file} is not a regular file. Give another path.`, {
      details: { path: file },
    });
  }
  accessSync(file, constants.R_OK | constants.W_OK);
  // SQLite writes its log beside the file.
  accessSync(dirname(file), constants.W_OK | constants.X_OK);
}

function fileError(error: unknown, file: string): unknown {
  const details = { path: file };
  switch (systemCode(error)) {
    case undefined:
      return error;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AsmError('storage_read_only', readOnlyAdvice(file), { cause: error, details });
    case 'ENOTDIR':
    case 'EEXIST':
      return new AsmError('storage_invalid', `A part of ${file} is not a folder. Give another path.`, {
        cause: error,
        details,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AsmError('storage_full', `There is no space to make ${file}. Free some and try again.`, {
        cause: error,
        details,
      });
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new AsmError(
        'storage_unavailable',
        `${file} could not be opened: ${reason}. Give another path.`,
        {
          cause: error,
          details,
        },
      );
    }
  }
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error instanceof AsmError) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
