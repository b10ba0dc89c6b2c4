import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

import { AsmError, isAsmError } from '../../domain/error.ts';
import type { ErrorCode } from '../../domain/error-code.ts';

/** Primary result codes of SQLite: https://sqlite.org/rescode.html */
const busy = 5;
const locked = 6;
const readOnly = 8;
const inputOutput = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const protocol = 15;
const notADatabase = 26;

/** SQLite's primary result code of a thrown error; `undefined` when it isn't one of SQLite's. */
export function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** True when another connection holds the lock, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = sqliteResultCode(error);
  return code === busy || code === locked || code === protocol;
}

/** True for failures of the medium or the file, which every statement would meet. */
export function isMediumFailure(error: unknown): boolean {
  const code = sqliteResultCode(error);
  return code !== undefined && mediumFailures.has(code);
}

const mediumFailures: ReadonlySet<number> = new Set([
  busy,
  locked,
  readOnly,
  inputOutput,
  corrupt,
  full,
  cannotOpen,
  protocol,
  notADatabase,
]);

/** What a failure at the file means, as an error that says what to do next. An `AsmError` is kept. */
export function storageError(error: unknown, path: string): AsmError {
  if (isAsmError(error)) return error;
  const [code, message] = explain(error, path);
  const errcode = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  const details = typeof errcode === 'number' ? { path, sqliteCode: errcode } : { path };
  return new AsmError(code, message, { cause: error, details });
}

function explain(error: unknown, path: string): readonly [ErrorCode, string] {
  switch (sqliteResultCode(error)) {
    case busy:
    case locked:
    case protocol:
      return [
        'storage_busy',
        `Other processes kept ${path} locked. Try again, or end the one that holds it.`,
      ];
    case readOnly:
      return ['storage_read_only', readOnlyAdvice(path)];
    case full:
      return ['storage_full', fullAdvice(path)];
    case corrupt:
      return [
        'storage_invalid',
        `${path} is damaged. Stop using it, keep a copy, and restore a backup or save what is left with \`sqlite3 ${path} .recover\`.`,
      ];
    case notADatabase:
      return ['storage_invalid', `${path} is not a SQLite database. Give the path of another file.`];
    case inputOutput:
      if (isFull(path)) return ['storage_full', fullAdvice(path)];
      break;
    default:
      break;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return [
    'storage_unavailable',
    `${path} could not be read or written: ${reason}. Check its disk and try again.`,
  ];
}

/** The message for a store that may not be written. */
export function readOnlyAdvice(path: string): string {
  return `${path} may not be written by this user, or its disk is mounted read-only. Change its permissions, or give another path.`;
}

function fullAdvice(path: string): string {
  return `There is no space left for ${path}. Nothing stored is lost; free some space and try again.`;
}

/** SQLite reports some writes to a full disk as plain input/output errors. */
function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}
