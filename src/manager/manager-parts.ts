import { AsmError } from '../domain/error.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { RunOperations } from './run-operations.ts';

/** What a manager is made of, for those that stand on it: the session server and what controls many runs. */
export interface ManagerParts {
  readonly environment: ManagerEnvironment;
  readonly operations: RunOperations;
}

const partsByManager = new WeakMap<object, ManagerParts>();

export function rememberParts(manager: object, parts: ManagerParts): void {
  partsByManager.set(manager, parts);
}

/** The parts of a manager that `createSessionManager` has made. */
export function partsOf(manager: object): ManagerParts {
  const parts = partsByManager.get(manager);
  if (parts !== undefined) return parts;
  throw new AsmError('invalid_input', 'The manager is not one that `createSessionManager` has made.');
}
