import { readdirSync, readFileSync } from 'node:fs';

/** One process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly startTime: number;
  /** False for zombies, which run nothing and can't be signalled. */
  readonly alive: boolean;
}

/** True where the system tells about processes through files, as Linux does. */
export function hasProcessTable(): boolean {
  return process.platform === 'linux';
}

/** All processes of this moment, in no particular order; empty where there is no process table. */
export function readProcessTable(): readonly ProcessEntry[] {
  if (!hasProcessTable()) return [];
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = readProcessEntry(Number(name));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** One process; `undefined` when it is gone, or where there is no process table. */
export function readProcessEntry(pid: number): ProcessEntry | undefined {
  if (!hasProcessTable()) return undefined;
  const text = readProcessFile(pid, 'stat');
  return text === undefined ? undefined : parseProcessStat(pid, text);
}

/** Reads the text of a `stat` file. Exported for its test: program names are hostile text. */
export function parseProcessStat(pid: number, text: string): ProcessEntry | undefined {
  // The program's name stands in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group, session] = fields;
  const startTime = Number(fields[19]);
  if (!Number.isFinite(startTime)) return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
    alive: state !== 'Z' && state !== 'X' && state !== 'x',
  };
}

/** True when the process was started with `name=value` in its environment, as far as we may see it. */
export function hasEnvironmentEntry(pid: number, name: string, value: string): boolean {
  const environment = readProcessFile(pid, 'environ');
  return environment !== undefined && `\0${environment}\0`.includes(`\0${name}=${value}\0`);
}

/** Files of processes vanish with them, and those of other users can't be read: both are `undefined`. */
function readProcessFile(pid: number, file: 'stat' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
