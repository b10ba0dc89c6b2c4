import type { AsmError } from '../domain/error.ts';

/** What a person at the command line can do about an error that doesn't say it itself. */
export function recoveryAdvice(error: AsmError): string | undefined {
  switch (error.recovery) {
    case 'sign_in':
      return 'Sign in to the agent, or set its key; `asm doctor` shows what is missing.';
    case 'wait_and_retry':
      return error.provider?.retryAt === undefined
        ? 'Try again in a while.'
        : `Try again after ${new Date(error.provider.retryAt).toLocaleTimeString()}.`;
    case 'retry':
      // Of an approval the first decision counts: who comes later gets the same answer each time.
      return error.code === 'conflict' && error.details?.['approvalId'] !== undefined
        ? undefined
        : 'Try again.';
    case 'failover':
      return 'Try again later, or with another provider.';
    case 'fix_input':
    case 'abort':
      return undefined;
  }
}
