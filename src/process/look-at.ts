import { statSync, type Stats } from 'node:fs';

/**
 * What a path leads to; `undefined` where there is nothing, or nothing to be seen. Looks without a thread in between,
 * which alone would take a hundred times as long; who starts a program waits for the disk in the same way.
 */
export function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
