import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, delimiter, resolve } from 'node:path';

/**
 * Finds a program as a shell would: a name with a slash is a path, relative to `cwd`; any other name is
 * looked up in the folders of `path`. Gives an absolute path, or `undefined` when nothing executable
 * is there.
 */
export async function findProgram(
  name: string,
  where: { readonly path: string; readonly cwd: string },
): Promise<string | undefined> {
  if (name === '' || name.includes('\0')) return undefined;
  if (name.includes('/')) {
    const path = resolve(where.cwd, name);
    return (await isExecutable(path)) ? path : undefined;
  }
  // An empty entry means the working folder to a shell; we don't run what lies around there.
  const folders = where.path.split(delimiter).filter((folder) => folder !== '');
  const paths = folders.map((folder) => resolve(where.cwd, folder, name));
  // All at once: an agent's start waits for it, and the path of a package's scripts is long.
  const found = await Promise.all(paths.map(isExecutable));
  return paths.find((_path, place) => found[place]);
}

/**
 * Finds the `setpriv` that can bind a child's life to ours. The one of BusyBox goes by the same name
 * but doesn't know `--pdeathsig`.
 */
export async function findLifeBinder(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const path = await findProgram('setpriv', { path: process.env['PATH'] ?? '', cwd: '/' });
  if (path === undefined) return undefined;
  const target = await realpath(path).catch(() => path);
  return basename(target).startsWith('busybox') ? undefined : path;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
