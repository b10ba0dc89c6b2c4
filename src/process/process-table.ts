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

/** A process: what began later has one of the ids that were given out since. */
export interface FirstProcess {
  readonly pid: number;
  /** What `countBegun` gave when we had its id. */
  readonly begun: number | undefined;
}

/** How many processes and threads the system has begun so far; `undefined` where it doesn't tell. */
export function countBegun(): number | undefined {
  const count = /^processes (\d+)$/m.exec(readSystemFile('/proc/stat') ?? '')?.[1];
  // What only imitates Linux says 0.
  return count === undefined || count === '0' ? undefined : Number(count);
}

/**
 * All processes of this moment, or those from `first` on, in no particular order; empty where there is
 * no process table. Looking at every process of a busy server would take longer than the rest of a run's end.
 */
export function readProcessTable(first?: FirstProcess): readonly ProcessEntry[] {
  if (!hasProcessTable()) return [];
  const mayBeLater = first === undefined ? () => true : laterIds(first);
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !mayBeLater(Number(name))) continue;
    const entry = readProcessEntry(Number(name));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/**
 * Whether an id was given out after that of a process. The system gives them out in ascending order and
 * begins again at its largest; when it may have come round since, every id may be later.
 */
function laterIds({ pid, begun = Number.NaN }: FirstProcess): (id: number) => boolean {
  const last = Number(readSystemFile('/proc/loadavg')?.trim().split(' ').at(-1));
  const largest = Number(readSystemFile('/proc/sys/kernel/pid_max'));
  const mayHaveComeRound = !((countBegun() ?? Number.NaN) - begun < largest / 2);
  if (mayHaveComeRound || !Number.isInteger(last)) return () => true;
  return last >= pid ? (id) => id >= pid && id <= last : (id) => id >= pid || id <= last;
}

function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
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
