import { describe, expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { heldProvider } from '../../test/runtime/held-provider.ts';
import { openServerRoom, sqlite, storeKinds, until } from '../../test/runtime/server-room.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { createSessionControl } from './session-control.ts';

describe.each(storeKinds)('control over sessions on $name', (kind) => {
  it('tells what became of an interrupt', async () => {
    await using room = await openServerRoom(kind, { server: { concurrentRuns: 1 } });
    const control = createSessionControl(room.manager, { by: 'ops' });
    const running = await room.server.submitRun('running');
    const waiting = await room.server.submitRun('waiting');
    await room.held.startedCount(1);
    expect(await control.interrupt(waiting.id)).toMatchObject({ as: 'refused', because: 'pending' });
    const [first, second] = await Promise.all([
      control.interrupt(running.id),
      room.server.interruptRun(running.id),
    ]);
    expect(first).toMatchObject({ as: 'interrupted', result: { status: 'completed', interrupted: true } });
    expect(second).toMatchObject({ as: 'interrupted' });
    expect(await control.interrupt(running.id)).toMatchObject({
      as: 'too_late',
      result: { runId: running.id, interrupted: true },
    });
    room.held.finishAll();
    await room.server.drain();
    expect(await control.interrupt(waiting.id)).toMatchObject({
      as: 'too_late',
      result: { interrupted: false },
    });
    await checkLog(room.store, room.server.sessionId);
  });

  it('says that an agent can not be interrupted, and lets it go on', async () => {
    const held = heldProvider({ capabilities: { interrupt: 'unsupported' } });
    await using room = await openServerRoom(kind, { held });
    const control = createSessionControl(room.manager);
    const { id } = await room.server.submitRun('going on');
    await held.startedCount(1);
    expect(await control.interrupt(id)).toEqual({
      as: 'refused',
      because: 'not_supported',
      reason: "scripted can't be interrupted; cancel the run instead.",
    });
    held.finishAll();
    expect((await room.server.awaitRun(id)).status).toBe('completed');
    const { records } = await control.history(room.server.sessionId);
    expect(records).toMatchObject([{ operation: 'interrupt', outcome: 'refused', runId: id }]);
    expect(records[0]?.refusal).toContain('cancel the run instead');
  });

  it('tells what became of a cancel', async () => {
    await using room = await openServerRoom(kind);
    const control = createSessionControl(room.manager);
    const [running, waiting, last] = [
      await room.server.submitRun('running'),
      await room.server.submitRun('waiting'),
      await room.server.submitRun('last'),
    ];
    await room.held.startedCount(1);
    expect((await control.cancel(waiting.id, 'not needed')).as).toBe('withdrawn');
    expect((await control.cancel(waiting.id)).as).toBe('too_late');
    expect((await control.cancel(running.id)).as).toBe('cancelled');
    expect(await control.cancel(running.id)).toMatchObject({
      as: 'too_late',
      result: { status: 'cancelled' },
    });
    room.held.finishAll();
    await room.server.drain();
    expect(await control.cancel(last.id)).toMatchObject({ as: 'too_late', result: { status: 'completed' } });
    await expect(control.cancel('run_gone')).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(control.cancel('nonsense')).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('pauses a session, interrupts what runs in it, and resumes it', async () => {
    await using room = await openServerRoom(kind, { server: { concurrentRuns: 2 } });
    const { sessionId } = room.server;
    const control = createSessionControl(room.manager);
    expect(await control.pause(sessionId)).toMatchObject({ as: 'refused', session: { status: 'pending' } });
    expect(await control.resume(sessionId)).toMatchObject({ as: 'already', session: { status: 'pending' } });
    const runs = [];
    for (const name of ['a', 'b', 'c']) runs.push(await room.server.submitRun(name));
    await room.held.startedCount(2);
    const paused = await control.pause(sessionId, { interruptRunning: true });
    expect(paused).toMatchObject({
      as: 'paused',
      session: { status: 'paused' },
      interrupted: [
        { runId: runs[0]?.id, interruption: { as: 'interrupted' } },
        { runId: runs[1]?.id, interruption: { as: 'interrupted' } },
      ],
    });
    expect(await control.pause(sessionId)).toMatchObject({ as: 'already', interrupted: [] });
    expect((await room.server.status()).queued).toHaveLength(1);
    expect(await control.resume(sessionId)).toMatchObject({ as: 'resumed', session: { status: 'active' } });
    expect(await control.resume(sessionId)).toMatchObject({ as: 'already' });
    room.held.finishAll();
    await room.server.drain();
    expect(room.held.started).toEqual(['a', 'b', 'c']);
    await (await room.manager.getSession(sessionId)).complete();
    expect(await control.pause(sessionId)).toMatchObject({ as: 'refused', session: { status: 'completed' } });
    expect(await control.resume(sessionId)).toMatchObject({ as: 'refused' });
    await expect(control.pause('ses_gone')).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(control.interruptSession('ses_gone')).rejects.toMatchObject({ code: 'session_not_found' });
    expect(await control.interruptSession(sessionId)).toEqual([]);
  });

  it('tells from the log who asked what, when, and what it came to', async () => {
    await using room = await openServerRoom(kind);
    const { sessionId } = room.server;
    const control = createSessionControl(room.manager, { by: 'ops' });
    const first = await room.server.submitRun('first');
    const second = await room.server.submitRun('second');
    const third = await room.server.submitRun('third');
    await room.held.startedCount(1);
    await room.server.moveRun(third.id, 'first');
    await control.cancel(second.id, 'no need', { by: 'ada' });
    await control.pause(sessionId);
    await control.interrupt(first.id, { by: 'grace' });
    await control.resume(sessionId);
    await room.held.startedCount(2);
    await control.cancel(third.id, 'enough');
    await (await room.manager.getSession(sessionId)).cancel('all done');
    const { records, hasMore } = await control.history(sessionId);
    expect(hasMore).toBe(false);
    expect(records).toMatchObject([
      { operation: 'move', runId: third.id, outcome: 'done' },
      { operation: 'cancel', runId: second.id, outcome: 'done', by: 'ada', reason: 'no need' },
      { operation: 'pause', outcome: 'done', by: 'ops' },
      { operation: 'interrupt', runId: first.id, outcome: 'done', by: 'grace' },
      { operation: 'resume', outcome: 'done', by: 'ops' },
      { operation: 'cancel', runId: third.id, outcome: 'done', by: 'ops', reason: 'enough' },
      { operation: 'cancel_session', outcome: 'done', reason: 'all done' },
    ]);
    expect(records).toHaveLength(7);
    for (const { time, settledAt } of records) expect(settledAt).toBeGreaterThanOrEqual(time);
    expect(JSON.stringify(records)).not.toContain('requestId');
    // Page by page it is the same.
    const paged = [];
    for (let after = 0, more = true; more;) {
      const page = await control.history(sessionId, { after, limit: 2 });
      paged.push(...page.records);
      after = page.cursor;
      more = page.hasMore;
    }
    expect(paged).toEqual(records);
  });

  it('says of a request that came too late that it did', async () => {
    await using room = await openServerRoom(kind);
    const control = createSessionControl(room.manager);
    const { id } = await room.server.submitRun('task');
    await room.held.startedCount(1);
    // The run ends while the request is on its way into the log.
    room.acting.actAt(4, () => room.held.finishAll());
    const report = await control.cancel(id);
    await room.server.drain();
    const status = (await room.server.awaitRun(id)).status;
    expect(report.as).toBe(status === 'cancelled' ? 'cancelled' : 'too_late');
    const { records } = await control.history(room.server.sessionId);
    for (const record of records) expect(record.outcome).toBe(status === 'cancelled' ? 'done' : 'too_late');
  });

  it('refuses a name that says nothing or too much', async () => {
    await using room = await openServerRoom(kind);
    for (const by of ['', 'x'.repeat(201)]) {
      expect(() => createSessionControl(room.manager, { by })).toThrow(/1 to 200 characters/);
      await expect(
        createSessionControl(room.manager).pause(room.server.sessionId, { by }),
      ).rejects.toMatchObject({
        code: 'invalid_input',
      });
    }
  });
});

describe('control over runs of other processes', () => {
  it('reaches a run that is executed elsewhere', async () => {
    await using room = await openServerRoom(sqlite);
    const control = createSessionControl(await room.anotherManager());
    const one = await room.server.submitRun('one');
    await room.held.startedCount(1);
    expect(await control.interruptSession(room.server.sessionId)).toMatchObject([
      { runId: one.id, interruption: { as: 'interrupted' } },
    ]);
    const two = await room.server.submitRun('two');
    await room.held.startedCount(2);
    expect(await control.cancel(two.id)).toMatchObject({ as: 'cancelled' });
    await checkLog(room.store, room.server.sessionId);
  });

  it('says that a run was abandoned, and does not wait for an answer that nobody will give', async () => {
    const clock = createTestClock();
    await using room = await openServerRoom(sqlite, { manager: { clock } });
    const control = createSessionControl(await room.anotherManager());
    const { id } = await room.server.submitRun('task');
    await room.held.startedCount(1);
    // Its process stops to renew the lease, as one that was killed.
    room.acting.fail();
    const waits = control.interrupt(id);
    await until(() => {
      clock.advance(1_000);
      return room.held.running.size === 0;
    });
    const answer = waits.then((report) => report.as);
    let said: string | undefined;
    void answer.then((as) => (said = as));
    await until(() => {
      clock.advance(1_000);
      return said !== undefined;
    });
    expect(await waits).toMatchObject({ as: 'refused', because: 'abandoned' });
    expect(await control.cancel(id)).toMatchObject({ as: 'cancelled' });
    room.acting.fail(false);
  });
});
