import { asAsmError, type AsmError } from '../../src/domain/error.ts';

/** The error with which a promise rejects, to be looked at later; fails if it resolves. */
export function refusalOf(work: Promise<unknown>): Promise<AsmError> {
  const refused = work.then(() => {
    throw new Error('It was not refused.');
  }, asAsmError);
  refused.catch(() => undefined);
  return refused;
}
