import { AsmError, isAsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'storage_full',
  EDQUOT: 'storage_full',
  EROFS: 'storage_read_only',
  EACCES: 'storage_read_only',
  EPERM: 'storage_read_only',
  EISDIR: 'invalid_input',
  ENOENT: 'invalid_input',
  ENOTDIR: 'invalid_input',
};

/** A failure of the system while writing to `name`, as an error of this library. */
export function outputError(error: unknown, name: string): AsmError {
  if (isAsmError(error)) return error;
  const systemCode = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = error instanceof Error ? error.message : String(error);
  return new AsmError(codes[systemCode] ?? 'storage_unavailable', `Could not write to ${name}: ${reason}`, {
    cause: error,
    details: { output: name, ...(systemCode === '' ? {} : { systemCode }) },
  });
}
