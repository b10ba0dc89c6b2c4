import { expect } from 'vitest';
import { hasEnvironmentEntry, readProcessTable } from '../../src/process/process-table.ts';
import { documents, type AsmRoom } from './asm-room.ts';

const terminalTypes = ['run_completed', 'run_failed', 'run_cancelled', 'run_timed_out'];

/** The ids that `asm run` says on standard error when the run has begun. */
export function announced(errors: string): { readonly session: string; readonly run: string } {
  const [, session = '', run = ''] = /(ses_\w+) · (run_\w+)/.exec(errors) ?? [];
  expect(run).not.toBe('');
  return { session, run };
}

/** The row of a run, as `asm show` gives it to programs. */
export async function runRow(room: AsmRoom, run: string): Promise<Record<string, unknown>> {
  const { output, errors } = await room.asm(['show', run, '--json']);
  expect(errors).toBe('');
  const [row = {}] = documents(output);
  return row;
}

/** All events of a session or run, as `asm events` gives them to programs. */
export async function events(room: AsmRoom, id: string): Promise<readonly Record<string, unknown>[]> {
  return documents((await room.asm(['events', id, '--json'])).output);
}

/** Expects one start and one terminal event of a run, in a log without a gap, and none of its processes. */
export async function expectEndedOnce(room: AsmRoom, run: string, type: string): Promise<void> {
  const row = await runRow(room, run);
  const log = await events(room, String(row['sessionId']));
  expect(log.map((event) => event['seq'])).toEqual(log.map((_, index) => index + 1));
  const types = log.filter((event) => event['runId'] === run).map((event) => String(event['type']));
  expect(types.filter((name) => name === 'run_started')).toEqual(['run_started']);
  expect(types.filter((name) => terminalTypes.includes(name))).toEqual([type]);
  expect(agentProcesses(String(row['cookie']))).toEqual([]);
}

/** Living processes of a run, found by its cookie. */
export function agentProcesses(cookie: string): readonly number[] {
  return readProcessTable()
    .filter((entry) => entry.alive && hasEnvironmentEntry(entry.pid, 'ASM_RUN_COOKIE', cookie))
    .map((entry) => entry.pid);
}
