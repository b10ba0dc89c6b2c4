import { readdirSync, readFileSync } from 'node:fs';

/** Numbers of the app-servers that use a home. */
export function appServers({ home }: { readonly home: string }): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        // What a server is just about to start still looks like the server, but leads no group of its own.
        const group = /^\d+ \(.*\) \S \d+ (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
        return (
          Number(group) === pid &&
          command.includes('\0app-server\0') &&
          environment.includes(`HOME=${home}\0`)
        );
      } catch {
        return false;
      }
    });
}
