import { readProcessTable, hasEnvironmentEntry } from '../../src/process/process-table.ts';
import { randomUUID } from 'node:crypto';

/** A new cookie for a test's own family of processes. */
export function newCookie(): string {
  return `test-${randomUUID()}`;
}

/** Living processes that carry the cookie. */
export function withCookie(cookie: string): readonly number[] {
  return readProcessTable()
    .filter((entry) => entry.alive && hasEnvironmentEntry(entry.pid, 'ASM_RUN_COOKIE', cookie))
    .map((entry) => entry.pid);
}

/** Waits until the condition holds; fails after two minutes. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Never came: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The environment that test processes get. */
export function probeEnvironment(cookie: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', ASM_RUN_COOKIE: cookie };
}
