import { describe, expect, it } from 'vitest';
import { callOf, memory, openApprovalRoom, pendingId } from '../../test/manager/approval-room.ts';
import { storeKinds } from '../../test/manager/store-kinds.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import type { ApprovalNews } from './approval-operations.ts';

/** Reads on until `count` things have happened. */
async function take(news: AsyncIterator<ApprovalNews>, count: number): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { value, done } = await news.next();
    if (done === true) throw new Error(`It ended after ${found.join(', ')}.`);
    const { what, approval } = value;
    expect(approval).not.toHaveProperty('key');
    found.push(`${what} ${approval.call.command ?? ''} ${approval.status}`);
  }
  return found;
}

describe.each(storeKinds)('following approvals on $name', (kind) => {
  it('gives what waits, then what is asked and becomes of it, in every manager, once and in order', async () => {
    await using room = await openApprovalRoom([callOf('x'), callOf('y'), callOf('z')], kind);
    await using other = await room.open();
    await room.run();
    const first = await pendingId(other);
    const stop = new AbortController();
    const news = other.approvals.follow({ signal: stop.signal })[Symbol.asyncIterator]();
    expect(await take(news, 1)).toEqual(['asked x pending']);
    await room.manager.approvals.decide(first, { as: 'allow_session' });
    expect(await take(news, 2)).toEqual(['granted x granted', 'asked y pending']);
    await room.manager.approvals.revoke(first);
    await other.approvals.decide(await pendingId(other), { as: 'deny' });
    expect(await take(news, 3)).toEqual(['revoked x granted', 'denied y denied', 'asked z pending']);
    const last = await pendingId(other);
    const { runId } = await other.approvals.get(last);
    await (await other.getRun(runId)).cancel();
    expect(await take(news, 1)).toEqual(['withdrawn z withdrawn']);
    stop.abort();
    await expect(news.next()).rejects.toMatchObject({ code: 'cancelled' });
    // A question that was answered before one looked is shown as it was asked.
    const late = new AbortController();
    const slow = other.approvals.follow({ signal: late.signal })[Symbol.asyncIterator]();
    const begun = slow.next();
    await room.run();
    await begun;
    const id = await pendingId(other);
    await other.approvals.decide(id, { as: 'deny' });
    expect((await take(slow, 2))[0]).toBe('denied x denied');
    late.abort();
  });
});

it('follows those of one session alone, tells what expires, and ends with its manager', async () => {
  const clock = createTestClock();
  await using room = await openApprovalRoom([callOf('x')], memory, clock);
  const other = await room.open();
  const elsewhere = await room.manager.createSession({ cwd: '/tmp' });
  await elsewhere.run('go');
  await pendingId(room.manager);
  const news = other.approvals.follow({ sessionId: room.session.id })[Symbol.asyncIterator]();
  const run = await room.run({ approvals: { deadline: 50 } });
  expect(await take(news, 1)).toEqual(['asked x pending']);
  clock.advance(50);
  await run.result;
  expect(await take(news, 1)).toEqual(['expired x expired']);
  const next = news.next();
  next.catch(() => undefined);
  await other.close();
  await expect(next).rejects.toMatchObject({ code: 'store_closed' });
});
