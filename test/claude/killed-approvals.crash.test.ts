import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunHandle } from '../../src/manager/run-handle.ts';
import type { SessionManager } from '../../src/manager/session-manager.ts';
import { pendingId } from '../manager/approval-room.ts';
import { collect, waitForEvent } from '../manager/log-check.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { until, withCookie } from '../process/process-probe.ts';
import { endLeases } from '../sqlite/end-leases.ts';
import { startStoreChild } from '../sqlite/store-child.ts';
import { bash } from './agent-room.ts';
import type { ApprovalOrder } from './approval-child.ts';
import { openManagedRoom, type ManagedRoom } from './managed-room.ts';

const made = bash('echo made >> made.txt');

/**
 * A run whose process was killed while it waits for a person, and the question. From then on the model says `rest`: an
 * agent that loses us may ask its model once more before it is dead.
 */
async function killedRun(room: ManagedRoom, manager: SessionManager, rest: ModelScript) {
  const killed = await askedAndKilled(room, manager);
  const { cookie = '' } = await killed.run.read();
  await until('the end of its agent', () => withCookie(cookie).length === 0);
  endLeases(room.store);
  room.server.setScript(rest);
  return { ...killed, heardBefore: room.server.mainRequests.length };
}

async function askedAndKilled(room: ManagedRoom, manager: SessionManager) {
  await using child = startStoreChild('../claude/approval-child.ts');
  const { store, cwd, environment } = room;
  const { runId } = (await child.ask({ store, cwd, environment } satisfies ApprovalOrder)) as {
    readonly runId: string;
  };
  const id = await pendingId(manager);
  // Claude Code writes its conversation down a little later than it speaks.
  await expect.poll(() => room.transcripts().some(hasCall), { timeout: 60_000, interval: 50 }).toBe(true);
  const run = await manager.getRun(runId);
  return { run, id };
}

function hasCall(file: string): boolean {
  return readFileSync(file, 'utf8').includes('"tool_use"');
}

/** Recovers the run that was left, so that it goes on here. */
async function goOn({ environment }: ManagedRoom, manager: SessionManager, run: RunHandle): Promise<void> {
  expect(await manager.recover({ resume: { environment } })).toEqual([]);
  await waitForEvent(run, 'run_resumed');
}

test('killed with a question open: its run goes on, and only the same call gets the decision, once', async () => {
  await using room = await openManagedRoom([{ tools: [made] }]);
  const manager = await room.open();
  const { run, id, heardBefore } = await killedRun(room, manager, [
    { tools: [bash('echo made >> other.txt')] },
    // The same again, under another id and with another title.
    { tools: [{ ...made, input: { ...made.input, description: 'Another title' } }] },
    { tools: [made] },
    { text: 'It is made.' },
  ]);
  await manager.approvals.decide(id, { as: 'allow' }, { by: 'ada' });
  await goOn(room, manager, run);
  // Another call is a new question, for which what was granted is not used.
  const other = await pendingId(manager);
  expect(other).not.toBe(id);
  const told = JSON.stringify(room.server.mainRequests[heardBefore]?.body);
  expect(told).toContain('They were not refused, and they did not run.');
  expect(told).toContain('- Bash: ');
  expect([room.made('made.txt'), room.made('other.txt')]).toEqual([false, false]);
  expect(await manager.approvals.get(id)).not.toHaveProperty('spentAt');
  await manager.approvals.decide(other, { as: 'deny' });
  // Then the call that was granted, once; the next one like it is asked anew.
  const third = await pendingId(manager);
  expect(third).not.toBe(id);
  expect(await manager.approvals.get(id)).toMatchObject({ status: 'granted', spentAt: expect.any(Number) });
  expect(room.made('made.txt')).toBe(true);
  await manager.approvals.decide(third, { as: 'deny' });
  expect(await run.result).toMatchObject({ status: 'completed', output: 'It is made.' });
  expect(readFileSync(join(room.cwd, 'made.txt'), 'utf8')).toBe('made\n');
  expect(room.made('other.txt')).toBe(false);
  const events = await collect(run);
  expect(events.find(({ type }) => type === 'run_resumed')).toMatchObject({
    data: { from: 'interrupted', approvalIds: [id] },
  });
  expect((await run.read()).attempt).toBe(2);
});

test('killed with a question open: who can not go on leaves it alone; the same call waits on for the same answer', async () => {
  await using room = await openManagedRoom([{ tools: [made] }]);
  const manager = await room.open();
  const { run, id } = await killedRun(room, manager, [{ tools: [made] }, { text: 'It is made.' }]);
  expect(await manager.recover({ resume: false })).toEqual([]);
  expect((await run.read()).status).toBe('running');
  await goOn(room, manager, run);
  await expect.poll(async () => (await run.read()).waitingFor).toBe('approval');
  expect(room.made('made.txt')).toBe(false);
  expect((await manager.approvals.list()).rows).toHaveLength(1);
  await manager.approvals.decide(id, { as: 'deny', message: 'No file, please.' });
  expect((await run.result).status).toBe('completed');
  expect(room.made('made.txt')).toBe(false);
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('No file, please.');
});

test('killed before its agent wrote the conversation down: it is told all as text, and asks anew', async () => {
  await using room = await openManagedRoom([{ tools: [made] }]);
  const manager = await room.open();
  const { run, id } = await killedRun(room, manager, [{ tools: [made] }, { text: 'Done.' }]);
  for (const file of room.transcripts()) rmSync(file);
  await manager.approvals.decide(id, { as: 'allow' });
  await goOn(room, manager, run);
  // A conversation that is only told inherits no grant.
  const second = await pendingId(manager);
  expect(second).not.toBe(id);
  expect(room.made('made.txt')).toBe(false);
  await manager.approvals.decide(second, { as: 'deny' });
  expect((await run.result).status).toBe('completed');
  expect(room.made('made.txt')).toBe(false);
  expect(await manager.approvals.get(id)).not.toHaveProperty('spentAt');
});

test('killed between the grant and the tool: the grant is spent, and the run is not taken up with it', async () => {
  const waits = bash('echo began >> began.txt; node -e "setTimeout(() => {}, 60000)"');
  await using room = await openManagedRoom([{ tools: [waits] }, { text: 'never' }]);
  const manager = await room.open();
  const child = startStoreChild('../claude/approval-child.ts');
  const { store, cwd, environment } = room;
  const { runId } = (await child.ask({ store, cwd, environment } satisfies ApprovalOrder)) as {
    readonly runId: string;
  };
  const run = await manager.getRun(runId);
  await manager.approvals.decide(await pendingId(manager), { as: 'allow' });
  await waitForEvent(run, 'tool_call_decided');
  await child[Symbol.asyncDispose]();
  const { cookie = '' } = await run.read();
  endLeases(room.store);
  expect(await manager.recover({ resume: { environment } })).toMatchObject([{ id: runId }]);
  expect(await run.result).toMatchObject({ status: 'failed', error: { code: 'run_abandoned' } });
  expect((await manager.approvals.list()).rows).toMatchObject([{ spentAt: expect.any(Number) }]);
  expect(withCookie(cookie)).toEqual([]);
  expect(room.server.mainRequests).toHaveLength(1);
});
