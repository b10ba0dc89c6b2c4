import { assert, expect } from 'vitest';
import { isTerminalRunEvent, type LogEvent } from '../../src/domain/event.ts';
import { brandId } from '../../src/domain/id.ts';
import type { Run } from '../../src/domain/run.ts';
import { hasEnvironmentEntry, readProcessTable } from '../../src/process/process-table.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { checkLog, readLog } from '../manager/log-check.ts';
import type { AsmRoom } from './asm-room.ts';

/** The ids that `asm run` says on standard error when the run has begun. */
export function announced(errors: string): { readonly session: string; readonly run: string } {
  const [, session = '', run = ''] = /(ses_\w+) · (run_\w+)/.exec(errors) ?? [];
  expect(run).not.toBe('');
  return { session, run };
}

/** The row of a run, straight from the store: starting `asm` for each look would take most of a test's time. */
export async function runRow(room: AsmRoom, run: string): Promise<Run> {
  await using store = await sqliteStore(room.store);
  const row = await store.run(brandId('run', run));
  assert(row !== undefined, `there is no ${run}`);
  return row;
}

/** All events of a session, straight from the store. */
export async function events(room: AsmRoom, session: string): Promise<readonly LogEvent[]> {
  await using store = await sqliteStore(room.store);
  return await readLog(store, brandId('session', session));
}

/** Expects one start and one terminal event of a run, in a log without a gap, and none of its processes. */
export async function expectEndedOnce(room: AsmRoom, run: string, type: string): Promise<void> {
  const { sessionId, cookie = '' } = await runRow(room, run);
  await using store = await sqliteStore(room.store);
  const log = await checkLog(store, sessionId, { settled: false });
  const own = log.events.filter((event) => event.runId === run);
  expect(own.filter((event) => event.type === 'run_started')).toHaveLength(1);
  expect(own.filter(isTerminalRunEvent).map((event) => event.type)).toEqual([type]);
  expect(cookie).not.toBe('');
  expect(agentProcesses(cookie)).toEqual([]);
}

/** Living processes of a run, found by its cookie. */
export function agentProcesses(cookie: string): readonly number[] {
  return readProcessTable()
    .filter((entry) => entry.alive && hasEnvironmentEntry(entry.pid, 'ASM_RUN_COOKIE', cookie))
    .map((entry) => entry.pid);
}
