import {
  hasEnvironmentEntry,
  readProcessTable,
  type FirstProcess,
  type ProcessEntry,
} from './process-table.ts';

/** The variable by which an agent and everything it starts is recognised. */
export const runCookieVariable = 'ASM_RUN_COOKIE';

/** What is known about a family of processes that belong together. */
export interface FamilyMarks {
  /** A process group that is ours. Only valid while we know that its number was not reused. */
  readonly group?: number;
  /** Values of `ASM_RUN_COOKIE`, one of which is in each member's environment. */
  readonly cookies?: readonly string[];
  /** A session that others share: who is only in it, doesn't belong to the family. */
  readonly foreignSession?: number;
  /** Members can't have started before this, in clock ticks since boot. Saves reading environments. */
  readonly notBefore?: number;
  /** The first of the members to start. Saves looking at older processes. */
  readonly first?: FirstProcess;
}

/**
 * Living processes with one of the marks, and those that belong to them: their descendants and
 * whoever shares a group or session with one of them. A session can't be joined from outside, so this
 * stays among the children of the agent. Never contains our own process.
 */
export function findFamily(marks: FamilyMarks): readonly ProcessEntry[] {
  const candidates = readProcessTable(marks.first).filter(
    (entry) => entry.alive && entry.pid !== process.pid && entry.startTime >= (marks.notBefore ?? 0),
  );
  const members = new Map<number, ProcessEntry>();
  const sessions = new Set<number>();
  const add = (entry: ProcessEntry): void => {
    members.set(entry.pid, entry);
    if (entry.session !== marks.foreignSession) sessions.add(entry.session);
  };
  for (const entry of candidates) {
    if (entry.group === marks.group || hasCookie(entry, marks.cookies)) add(entry);
  }
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const entry of candidates) {
      if (members.has(entry.pid)) continue;
      if (members.has(entry.parent) || sessions.has(entry.session)) add(entry);
    }
  }
  return [...members.values()];
}

function hasCookie(entry: ProcessEntry, cookies: readonly string[] = []): boolean {
  return cookies.some((cookie) => hasEnvironmentEntry(entry.pid, runCookieVariable, cookie));
}
