import { readdirSync, readFileSync } from 'node:fs';

/**
 * Numbers of the app-servers that use a home. What a server is just about to start still looks like the server itself,
 * and may lead a group of its own by then; it is known by its parent.
 */
export function appServers(room: { readonly home: string }): readonly number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => (runsAppServer(name, room.home) ? [[Number(name), parentOf(name)]] : [])),
  );
  return [...parents].flatMap(([pid, parent]) => (parent === undefined || parents.has(parent) ? [] : [pid]));
}

function runsAppServer(pid: string, home: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    return command.includes('\0app-server\0') && environment.includes(`HOME=${home}\0`);
  } catch {
    return false;
  }
}

/** Absent: it has ended meanwhile. */
function parentOf(pid: string): number | undefined {
  try {
    return Number(/^\d+ \(.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  } catch {
    return undefined;
  }
}
