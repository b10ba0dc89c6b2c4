import { userInfo } from 'node:os';

/** Who uses this machine, for the log. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user that the system doesn't know, as in some containers.
    return 'asm';
  }
}
