import { readdir, readFile } from 'node:fs/promises';

/**
 * Numbers of the living processes that have the cookie in their environment; `undefined` on systems
 * that don't tell. Looks for itself, since the library's own search is among what is tested.
 */
export async function processesWithCookie(cookie: string): Promise<readonly number[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => ((await hasCookie(pid, cookie)) ? [Number(pid)] : [])),
  );
  return found.flat();
}

async function hasCookie(pid: string, cookie: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    return environment.split('\0').includes(`ASM_RUN_COOKIE=${cookie}`);
  } catch {
    // Gone meanwhile, or another user's.
    return false;
  }
}
