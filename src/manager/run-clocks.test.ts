import { describe, expect, it } from 'vitest';
import { typesOf } from '../../test/manager/log-check.ts';
import { listCommand, minute, quiet, startStill } from '../../test/manager/still-run.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import type { RunHandle } from './run-handle.ts';
import type { CommonRunOptions } from './run-options.ts';

/** Starts a run on a clock that stands still. */
function start(script: readonly ScriptStep[], options: CommonRunOptions) {
  const all = { permissionMode: 'full_auto', ...options } as const;
  return startStill((clock) => scriptedProvider(script, { clock }), all);
}

async function expectTimeout(
  room: Awaited<ReturnType<typeof start>>,
  code: 'idle_timeout' | 'timed_out',
): Promise<void> {
  const { result, log } = await room.end();
  expect(result).toMatchObject({ status: 'timed_out', error: { code } });
  expect(log.events.at(-1)).toMatchObject({ type: 'run_timed_out', data: { error: { code } } });
  expect(log.runs[0]).toMatchObject({ error: { code } });
  expect(typesOf(log.events)).not.toContain('attempt_failed');
}

describe('the idle limit', () => {
  it('ends a run of which nothing is heard, counted from the last event', async () => {
    await using room = await start([{ say: 'x' }, { wait: 9 * minute }, { say: 'y' }, { hang: true }], {});
    await room.reach('message_received');
    await room.pass(9 * minute);
    await room.pass(9 * minute);
    expect(await room.isRunning()).toBe(true);
    await room.pass(minute);
    await expectTimeout(room, 'idle_timeout');
  });

  it('stands still while a tool runs', async () => {
    const tool: ScriptStep = { tool: listCommand, result: () => new Promise((resolve) => finish(resolve)) };
    let finish!: (resolve: (value: { output: string }) => void) => void;
    const running = new Promise<(value: { output: string }) => void>((resolve) => (finish = resolve));
    await using room = await start([tool, { hang: true }], { limits: { idle: minute } });
    await room.reach('tool_call_decided');
    await room.pass(30 * minute);
    expect(await room.isRunning()).toBe(true);
    (await running)({ output: 'done' });
    await room.reach('tool_call_completed');
    await room.pass(minute - 1);
    expect(await room.isRunning()).toBe(true);
    await room.pass(1);
    await expectTimeout(room, 'idle_timeout');
  });

  it('stands still while a question is open', async () => {
    const { promise, resolve } = Promise.withResolvers<{
      readonly decision: 'deny';
      readonly reason: string;
    }>();
    await using room = await start([{ tool: listCommand }, { hang: true }], {
      limits: { idle: minute },
      authorize: () => promise,
    });
    await room.reach('tool_call_started');
    await room.pass(30 * minute);
    expect(await room.isRunning()).toBe(true);
    resolve({ decision: 'deny', reason: 'no' });
    await room.reach('tool_call_failed');
    await room.pass(minute - 1);
    expect(await room.isRunning()).toBe(true);
    await room.pass(1);
    await expectTimeout(room, 'idle_timeout');
  });

  it('goes on after a tool that was refused, and of which nothing is heard again', async () => {
    const refused: ScriptStep = {
      call: async ({ host }) => {
        await host.authorize({ ...listCommand, id: 'call' }, { signal: host.signal });
      },
    };
    await using room = await start([refused, { hang: true }], {
      limits: { idle: minute },
      authorize: () => ({ decision: 'deny', reason: 'no' }),
    });
    await room.reach('tool_call_decided');
    await room.pass(minute);
    await expectTimeout(room, 'idle_timeout');
  });

  it('stands still while the agent waits to retry, as long as it said', async () => {
    const retrying: ScriptStep = {
      emit: { type: 'agent_retrying', data: { attempt: 1, delay: 5 * minute, reason: 'overloaded' } },
    };
    const heard: ScriptStep = { emit: { type: 'rate_limit_updated', data: { status: 'limited' } } };
    await using room = await start([retrying, heard, { hang: true }], { limits: { idle: minute } });
    await room.reach('rate_limit_updated');
    await room.pass(6 * minute - 1);
    expect(await room.isRunning()).toBe(true);
    await room.pass(1);
    await expectTimeout(room, 'idle_timeout');
  });

  it('is not moved by an agent that asks its model again and again without saying for how long', async () => {
    const again: readonly ScriptStep[] = [
      { wait: minute / 2 },
      { emit: { type: 'agent_retrying', data: { attempt: 1, reason: 'nobody listens' } } },
    ];
    await using room = await start([...again, ...again, { hang: true }], { limits: { idle: minute } });
    await room.reach('agent_started');
    await room.pass(minute / 2);
    await room.reach('agent_retrying');
    await room.pass(minute / 2);
    await expectTimeout(room, 'idle_timeout');
  });

  it.each([Number.NaN, -5, '7'])('is not moved by a delay of %s', async (delay) => {
    const retrying: ScriptStep = {
      emitRaw: { type: 'agent_retrying', data: { attempt: 1, delay, reason: 'overloaded' } },
    };
    await using room = await start([retrying, { hang: true }], { limits: { idle: minute } });
    await room.reach('agent_started');
    await room.pass(minute);
    await expectTimeout(room, 'idle_timeout');
  });

  it('can be switched off', async () => {
    await using room = await start([{ wait: 10_000 * minute }, { say: 'late' }], { limits: { idle: 0 } });
    await room.reach('agent_started');
    await room.pass(10_000 * minute);
    expect((await room.end()).result).toMatchObject({ status: 'completed', output: 'late' });
  });
});

describe('the total limit', () => {
  it('counts everything but open questions', async () => {
    const { promise, resolve } = Promise.withResolvers<{ readonly decision: 'allow' }>();
    const tool: ScriptStep = {
      tool: listCommand,
      result: (_input, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
    };
    await using room = await start([{ wait: minute }, tool], {
      limits: { total: 3 * minute },
      authorize: () => promise,
    });
    await room.reach('agent_started');
    await room.pass(minute);
    await room.reach('tool_call_started');
    await room.pass(100 * minute);
    expect(await room.isRunning()).toBe(true);
    resolve({ decision: 'allow' });
    await room.reach('tool_call_decided');
    await room.pass(2 * minute - 1);
    expect(await room.isRunning()).toBe(true);
    await room.pass(1);
    await expectTimeout(room, 'timed_out');
  });

  it('is over with the run', async () => {
    await using room = await start([{ say: 'quick' }], { limits: { total: minute, tool: minute } });
    expect((await room.end()).result.status).toBe('completed');
  });
});

describe('the tool limit', () => {
  it('counts one tool, without the question about it', async () => {
    const { promise, resolve } = Promise.withResolvers<{ readonly decision: 'allow' }>();
    const tool: ScriptStep = {
      tool: listCommand,
      result: (_input, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
    };
    await using room = await start([tool], { limits: { tool: minute }, authorize: () => promise });
    await room.reach('tool_call_started');
    await room.pass(100 * minute);
    resolve({ decision: 'allow' });
    await room.reach('tool_call_decided');
    await room.pass(minute - 1);
    expect(await room.isRunning()).toBe(true);
    await room.pass(1);
    await expectTimeout(room, 'timed_out');
  });
});

describe('an agent that does not end', () => {
  const deaf: ScriptStep = { wait: 1_000 * minute, ignoreAbort: true };

  const stops: readonly (readonly [string, (run: RunHandle) => Promise<unknown>])[] = [
    ['cancelled', (run) => run.cancel()],
    ['timed_out', async () => undefined],
  ];

  it.each(stops)('after it was %s is given up after the grace', async (status, stop) => {
    await using room = await start([{ say: 'x' }, deaf], { limits: { idle: minute } });
    await room.reach('message_received');
    const stopped = stop(room.run);
    await quiet();
    if (status === 'timed_out') await room.pass(minute);
    expect(await room.isRunning()).toBe(true);
    await room.pass(9_999);
    expect(await room.isRunning()).toBe(true);
    await room.pass(1);
    await stopped;
    expect((await room.run.result).status).toBe(status);
    // The agent's own wait is still there, and nothing of ours.
    expect(room.clock.pendingTimers).toBe(1);
    await room.pass(1_000 * minute);
    const { log } = await room.end();
    expect(log.events.at(-1)?.type).toBe(`run_${status}`);
  });
});
