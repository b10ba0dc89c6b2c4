import { AsmError } from '../domain/error.ts';
import type { Provider } from '../ports/provider.ts';

/** True for what has the form of a provider. */
export function isProvider(value: unknown): value is Provider {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'run' in value &&
    typeof value.run === 'function'
  );
}

/** Throws `invalid_input` for what is no provider: one may forget to call what makes it. */
export function assertProvider(value: unknown, where: string): void {
  if (isProvider(value)) return;
  const advice =
    typeof value === 'function' ? `Call ${value.name} and give what it returns.` : 'Make one with claude().';
  throw new AsmError('invalid_input', `${where} is no provider. ${advice}`);
}
