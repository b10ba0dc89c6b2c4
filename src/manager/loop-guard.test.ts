import { describe, expect, it } from 'vitest';
import { callOf, openApprovalRoom, pendingId } from '../../test/manager/approval-room.ts';
import { checkLog, typesOf } from '../../test/manager/log-check.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { CommonRunOptions } from './run-options.ts';
import { createSessionManager } from './session-manager.ts';

function again(count: number, ...commands: readonly string[]) {
  return Array.from({ length: count }, () => commands.map((command) => callOf(command))).flat();
}

const auto = { permissionMode: 'full_auto' } as const satisfies CommonRunOptions;

describe('an agent that repeats itself', () => {
  it('is warned of once, without being asked for', async () => {
    await using room = await openApprovalRoom(again(12, 'ls'));
    const run = await room.run(auto);
    expect((await run.result).status).toBe('completed');
    const { events } = await room.log();
    const loops = events.filter((event) => event.type === 'loop_detected');
    expect(loops.map(({ data }) => data)).toEqual([
      {
        kind: 'same_call',
        times: 5,
        calls: [{ toolCallId: expect.any(String), name: 'Bash', tool: 'bash' }],
        reason: 'The agent made the same call of Bash 5 times in a row, with the same result.',
        action: 'warn',
      },
    ]);
    expect(room.ran).toHaveLength(12);
  });

  it('is left alone when that is said', async () => {
    await using room = await openApprovalRoom(again(12, 'ls'));
    await (
      await room.run({ ...auto, loops: false })
    ).result;
    expect(typesOf((await room.log()).events)).not.toContain('loop_detected');
  });

  it('is stopped before it can go on', async () => {
    await using room = await openApprovalRoom(again(12, 'ls', 'pwd'));
    const run = await room.run({ ...auto, loops: { action: 'cancel', cycle: 3 } });
    expect(await run.result).toMatchObject({
      status: 'failed',
      error: { code: 'loop_detected', details: { kind: 'cycle', times: 3, tools: ['bash', 'bash'] } },
    });
    expect(room.ran).toHaveLength(6);
    const { events } = await room.log();
    expect(typesOf(events).filter((type) => type === 'loop_detected')).toHaveLength(1);
    expect(typesOf(events).at(-1)).toBe('run_failed');
  });

  it('goes on when a person lets it, and asks again after as many times', async () => {
    await using room = await openApprovalRoom(again(12, 'ls'));
    const run = await room.run({ ...auto, loops: { action: 'request_approval' } });
    await room.manager.approvals.decide(await pendingId(room.manager), { as: 'allow' });
    await expect.poll(() => room.ran.length).toBe(10);
    await room.manager.approvals.decide(await pendingId(room.manager), { as: 'deny', stop: true });
    expect((await run.result).status).toBe('cancelled');
    expect(room.ran).toHaveLength(10);
    const { rows } = await room.manager.approvals.list({ status: ['granted', 'denied'] });
    expect(rows.map(({ reason }) => reason)).toEqual(
      Array.from(rows, () => 'The agent made the same call of Bash 5 times in a row, with the same result.'),
    );
    expect(rows).toHaveLength(2);
  });

  it('is refused when nobody is there to let it', async () => {
    const ran: unknown[] = [];
    const store = memoryStore();
    const result = (input: unknown) => {
      ran.push(input);
      return { output: '' };
    };
    const script = again(12, 'ls').map((tool) => ({ tool, result }));
    await using manager = await createSessionManager({ store, providers: [scriptedProvider(script)] });
    const session = await manager.createSession();
    await (
      await session.run('go', { ...auto, loops: { action: 'request_approval' } })
    ).result;
    expect(ran).toHaveLength(5);
    const { events } = await checkLog(store, session.id);
    const denied = events.flatMap((event) => (event.type === 'tool_call_decided' ? event.data.decision : []));
    expect(denied.slice(5)).toEqual(Array.from({ length: 7 }, () => 'deny'));
  });

  it('can not be asked about where nobody asks before a tool runs, which is said before it starts', async () => {
    const provider = scriptedProvider([], { capabilities: { approval_before_tool: 'observed' } });
    const loops = { action: 'request_approval' } as const;
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    await expect(manager.runOnce('go', { loops })).rejects.toMatchObject({
      code: 'capability_not_supported',
    });
    const accepted = await manager.runOnce('go', { loops, acceptObserved: true });
    expect(accepted.status).toBe('completed');
    await using strict = await createSessionManager({ store: memoryStore(), providers: [provider], loops });
    await expect(strict.runOnce('go')).rejects.toMatchObject({ code: 'capability_not_supported' });
  });
});
