import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type SmallDisk = 'mount' | 'limit';

/**
 * Runs a program of Node.js where there is little space, and gives what it printed as JSON. A small file system of
 * one's own needs no privilege where user namespaces are allowed. Elsewhere the command `otherwise` comes before
 * the program in a shell, and has to end the same writes. The program's arguments are `given`, then the folder.
 */
export async function onSmallDisk<Met>(
  folder: string,
  {
    program,
    given,
    size,
    otherwise,
  }: {
    readonly program: string;
    readonly given: readonly string[];
    readonly size: string;
    readonly otherwise: string;
  },
): Promise<{ readonly disk: SmallDisk; readonly met: Met }> {
  const mount = `mount -t tmpfs -o size=${size} tmpfs "$1"`;
  const disk = await run('unshare', ['-rm', 'sh', '-c', mount, 'sh', folder]).then(
    () => 'mount' as const,
    () => 'limit' as const,
  );
  const before = disk === 'mount' ? mount : otherwise;
  const script = `${before} && folder="$1" && shift && exec "$@" "$folder"`;
  const words = ['-c', script, 'sh', folder, process.execPath, program, ...given];
  const { stdout } =
    disk === 'mount' ? await run('unshare', ['-rm', 'sh', ...words]) : await run('sh', words);
  return { disk, met: JSON.parse(stdout) };
}
