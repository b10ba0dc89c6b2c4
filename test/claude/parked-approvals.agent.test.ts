import { expect, test } from 'vitest';
import { parseId } from '../../src/domain/id.ts';
import type { SessionManager } from '../../src/manager/session-manager.ts';
import { claude } from '../../src/providers/claude/index.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { collectRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';
import { pendingId } from '../manager/approval-room.ts';
import { collect, waitForEvent } from '../manager/log-check.ts';
import { withCookie } from '../process/process-probe.ts';
import { bash } from './agent-room.ts';
import { openManagedRoom, type ManagedRoom } from './managed-room.ts';

/** A run that is parked with its call, and whose agent is gone. */
async function parkedRun(room: ManagedRoom, manager: SessionManager) {
  const session = await manager.createSession({ cwd: room.cwd });
  const run = await session.run('Make a file', {
    environment: room.environment,
    detached: true,
    approvals: { parkAfter: 0 },
  });
  await waitForEvent(run, 'run_parked');
  const id = await pendingId(manager);
  const row = await run.read();
  expect(row).toMatchObject({ status: 'running', waitingFor: 'approval', parked: { approvalId: id } });
  expect(row).not.toHaveProperty('process');
  expect(withCookie(row.cookie ?? '')).toEqual([]);
  return { session, run, id };
}

const script = [{ text: 'I make it.', tools: [bash('echo made > made.txt')] }, { text: 'It is made.' }];

test('a parked call runs once, as the same call, when its approval is granted', async () => {
  await using room = await openManagedRoom(script);
  const manager = await room.open();
  const { run, id } = await parkedRun(room, manager);
  // Whoever recovers meanwhile leaves it alone.
  const other = await room.open();
  expect(await other.recover()).toEqual([]);
  expect(room.made('made.txt')).toBe(false);
  await other.approvals.decide(id, { as: 'allow' }, { by: 'ada' });
  expect(await run.result).toMatchObject({ status: 'completed', output: 'It is made.' });
  expect(room.made('made.txt')).toBe(true);
  const events = await collect(run);
  expect(events.map(({ type }) => type).filter((type) => /^(run|tool|agent)_/.test(type))).toEqual([
    'run_created',
    'run_started',
    'agent_started',
    'tool_call_started',
    'tool_approval_requested',
    'run_parked',
    'tool_approval_granted',
    'run_resumed',
    'agent_started',
    'tool_call_decided',
    'tool_call_completed',
    'run_completed',
  ]);
  expect(
    new Set(
      events.flatMap((event) =>
        'toolCallId' in (event.data as object) ? [(event.data as { toolCallId: string }).toolCallId] : [],
      ),
    ),
  ).toHaveProperty('size', 1);
  expect(room.server.mainRequests).toHaveLength(2);
  // Both parts of the run count once.
  expect(await run.read()).toMatchObject({ attempt: 1, usage: { inputTokens: 2_000 } });
  expect(await run.read()).not.toHaveProperty('parked');
});

test('a run that is parked again and again: a refused call does not run and its agent hears why, a changed one runs, and a stop ends it without an agent', async () => {
  await using room = await openManagedRoom([
    ...script.slice(0, 1),
    { tools: [bash('echo asked > asked.txt')] },
    { tools: [bash('echo last > last.txt')] },
    { text: 'never' },
  ]);
  const manager = await room.open();
  const { run, id } = await parkedRun(room, manager);
  const parkedAgain = async (before: string): Promise<string> => {
    await expect.poll(async () => (await run.read()).parked?.approvalId).not.toBe(before);
    await expect.poll(async () => (await run.read()).parked?.approvalId).toBeDefined();
    return await pendingId(manager);
  };
  await manager.approvals.decide(id, { as: 'deny', message: 'Not in this folder.' });
  const second = await parkedAgain(id);
  expect(room.made('made.txt')).toBe(false);
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('Not in this folder.');
  await manager.approvals.decide(second, { as: 'allow', input: { command: 'echo other > other.txt' } });
  const third = await parkedAgain(second);
  expect([room.made('asked.txt'), room.made('other.txt')]).toEqual([false, true]);
  await manager.approvals.decide(third, { as: 'deny', message: 'Enough.', stop: true });
  expect(await run.result).toMatchObject({ status: 'cancelled' });
  expect(room.made('last.txt')).toBe(false);
  expect(room.server.mainRequests).toHaveLength(3);
});

test('a manager that is closed parks its call, and another goes on with it when it recovers', async () => {
  await using room = await openManagedRoom(script);
  const closing = await room.open();
  const session = await closing.createSession({ cwd: room.cwd });
  const run = await session.run('Make a file', { environment: room.environment });
  const id = await pendingId(closing);
  await waitForEvent(run, 'turn_completed');
  await closing.close();
  await expect(run.result).rejects.toMatchObject({ code: 'store_closed' });

  const manager = await room.open();
  const left = await manager.getRun(run.id);
  expect(await left.read()).toMatchObject({ status: 'running', waitingFor: 'approval' });
  await expect(left.steer('hello')).rejects.toMatchObject({ code: 'invalid_operation' });
  await expect(manager.executeRun(run.id)).rejects.toMatchObject({ code: 'invalid_operation' });
  await manager.approvals.decide(id, { as: 'allow' });
  // What is not stored with the run has to be given again, and until then it is left alone.
  expect(await manager.recover()).toEqual([]);
  expect((await left.read()).status).toBe('running');
  expect(await manager.recover({ resume: { environment: room.environment } })).toEqual([]);
  expect(await left.result).toMatchObject({ status: 'completed', output: 'It is made.' });
  expect(room.made('made.txt')).toBe(true);
});

test('a parked run can be cancelled by anybody; its question is withdrawn', async () => {
  await using room = await openManagedRoom(script);
  const manager = await room.open();
  const { run, id } = await parkedRun(room, manager);
  const other = await room.open();
  expect((await (await other.getRun(run.id)).cancel('over')).status).toBe('cancelled');
  expect((await run.result).status).toBe('cancelled');
  expect((await manager.approvals.get(id)).status).toBe('withdrawn');
  await expect(manager.approvals.decide(id, { as: 'allow' })).rejects.toMatchObject({
    code: 'invalid_operation',
  });
  expect(parseId('approval', id)).toBe(id);
});

const agent = {
  name: 'Agent',
  input: { description: 'd', prompt: 'SUBAGENT: make', subagent_type: 'general-purpose' },
};
const isSubagent = (request: ModelRequest): boolean => conversationTexts(request).includes('SUBAGENT: make');

/** Subagents work in the background: who asks its model first is not known. */
function subagentScript(own: readonly ModelTurn[], beside: readonly ModelTurn[]): ModelScript {
  const turns = { main: [{ tools: [agent] }, ...beside], subagent: [...own] };
  return (request) => turns[isSubagent(request) ? 'subagent' : 'main'].shift() ?? { text: 'Done.' };
}

const touch: ModelTurn = { tools: [bash('touch one')] };

test.each<[string, ModelScript]>([
  ['parallel calls', [{ tools: [bash('touch one'), bash('touch two')] }, { text: 'Done.' }]],
  ['a call of a subagent', subagentScript([touch, { text: 'made' }], [])],
  ['a call beside a subagent that ends', subagentScript([{ text: 'nothing to do' }], [touch])],
])('%s are never parked: they wait with their agent', async (_what, turns) => {
  await using room = await openManagedRoom(turns);
  const manager = await room.open();
  const session = await manager.createSession({ cwd: room.cwd });
  const run = await session.run('Go', { environment: room.environment, approvals: { parkAfter: 1 } });
  const id = await pendingId(manager);
  const { cookie = '' } = await run.read();
  expect(withCookie(cookie).length).toBeGreaterThan(0);
  await manager.approvals.decide(id, { as: 'allow' });
  let over = false;
  void run.result.then(() => (over = true));
  while (!over) {
    for (const { id: next } of (await manager.approvals.list({ status: ['pending'] })).rows)
      await manager.approvals.decide(next, { as: 'allow' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(room.made('one')).toBe(true);
  expect((await collect(run)).map(({ type }) => type)).not.toContain('run_parked');
});

test('a call is not parked while its agent has not taken in what was said to it', async () => {
  const said = Promise.withResolvers<void>();
  await using room = await openManagedRoom(async () => {
    await said.promise;
    return script[0] ?? {};
  });
  const manager = await room.open();
  const session = await manager.createSession({ cwd: room.cwd });
  const run = await session.run('Make a file', { environment: room.environment });
  await room.server.waitForRequest((request) => request.wire !== undefined && !request.auxiliary, {
    timeout: 300_000,
  });
  const steered = run.steer('Mind the kite.').catch((thrown: unknown) => thrown);
  await waitForEvent(run, 'run_steer_requested');
  said.resolve();
  await pendingId(manager);
  await waitForEvent(run, 'turn_completed');
  // It would take another turn for that, so it is cancelled with its manager, as others that can't be parked.
  await manager.close();
  await expect(run.result).resolves.toMatchObject({ status: 'cancelled' });
  await steered;
});

test('the turn that a conversation takes for its parked call is not taken for the one of the next prompt', async () => {
  const said = Promise.withResolvers<void>();
  const turns = [...script, { text: 'I do it.' }, { text: 'That, too.' }];
  await using room = await openManagedRoom(async (request) => {
    if (conversationTexts(request).includes('Do another thing')) await said.promise;
    return turns.shift() ?? {};
  });
  const manager = await room.open();
  const { run } = await parkedRun(room, manager);
  const { parked } = await run.read();
  const { cwd, environment } = room;
  const host = createTestHost();
  const resume = { handle: parked?.handle ?? { id: '', runId: run.id }, fork: false };
  const request = createRunRequest({ cwd, environment, text: 'Do another thing', lastRun: true, resume });
  const next = collectRun(claude(), request, host);
  await room.server.waitForRequest(
    (asked) => conversationTexts(asked).includes('Do another thing') && !asked.auxiliary,
    { timeout: 300_000 },
  );
  const steered = host.steer('And this.');
  said.resolve();
  await expect(steered).resolves.toEqual({ as: 'accepted' });
  expect((await next.ended).outcome).toMatchObject({ status: 'completed', output: 'That, too.' });
  await run.cancel();
});
