import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, resolve } from 'node:path';

/**
 * Finds a program as a shell would: a name with a slash is a path, relative to `cwd`; any other name is
 * looked up in the folders of `path`. Gives an absolute path, or `undefined` when nothing executable
 * is there. Looks without a thread in between, which alone would take a hundred times as long; who starts
 * a program waits for the disk in the same way.
 */
export async function findProgram(
  name: string,
  where: { readonly path: string; readonly cwd: string },
): Promise<string | undefined> {
  if (name === '' || name.includes('\0')) return undefined;
  if (name.includes('/')) {
    const path = resolve(where.cwd, name);
    return isExecutable(path) ? path : undefined;
  }
  for (const folder of where.path.split(delimiter)) {
    // An empty entry means the working folder to a shell; we don't run what lies around there.
    if (folder === '') continue;
    const path = resolve(where.cwd, folder, name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}

/**
 * Finds the `setpriv` that can bind a child's life to ours. The one of BusyBox goes by the same name
 * but doesn't know `--pdeathsig`.
 */
export async function findLifeBinder(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const path = await findProgram('setpriv', { path: process.env['PATH'] ?? '', cwd: '/' });
  if (path === undefined) return undefined;
  return basename(realPath(path)).startsWith('busybox') ? undefined : path;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
