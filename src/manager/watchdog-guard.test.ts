import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { typesOf, waitForEvent } from '../../test/manager/log-check.ts';
import { listCommand, minute, quiet, startStill } from '../../test/manager/still-run.ts';
import { AsmError } from '../domain/error.ts';
import type { LogEvent } from '../domain/event.ts';
import type { Provider } from '../ports/provider.ts';
import { router } from '../routing/router.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock, type TestClock } from '../testing/deterministic-clock.ts';
import type { ProviderScript, ScriptStep } from '../testing/scripted-provider/script-step.ts';
import {
  scriptedProvider,
  type ScriptedProviderOptions,
} from '../testing/scripted-provider/scripted-provider.ts';
import type { CommonRunOptions } from './run-options.ts';
import { createSessionManager } from './session-manager.ts';

/** Starts a run on a clock that stands still; its idle limit is not what ends it. */
function start(
  script: ProviderScript,
  options: CommonRunOptions,
  agent: ScriptedProviderOptions & { readonly routed?: boolean } = {},
) {
  const all = { permissionMode: 'full_auto', ...options } as const;
  const provider = (clock: TestClock): Provider => {
    const scripted = scriptedProvider(script, { clock, ...agent });
    return agent.routed === true ? router({ candidates: [scripted], clock }) : scripted;
  };
  return startStill(provider, all, { limits: { idle: 0 } });
}

/** What the watchdog wrote, and what came of it. */
function told(events: readonly LogEvent[]): readonly string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'run_stalled':
        return `stalled ${event.data.state}`;
      case 'watchdog_acted':
        return `${event.data.step} ${event.data.as}`;
      case 'run_recovered':
      case 'run_interrupt_requested':
      case 'run_steer_requested':
        return event.type;
      case 'run_interrupted':
      case 'run_steered':
        return `${event.type} ${event.data.as}`;
      default:
        return [];
    }
  });
}

const steps = {
  after: minute,
  nudge: { text: 'Go on, please.' },
  interruptAfter: minute,
  cancelAfter: 2 * minute,
} as const;

describe('a stalled run', () => {
  it('goes on when the nudge helps', async () => {
    await using room = await start([{ say: 'x' }, { awaitSteering: true }], { watchdog: steps });
    await room.reach('message_received');
    await room.pass(minute);
    const { result, events } = await room.end();
    expect(result).toMatchObject({ status: 'completed', output: 'Heard: Go on, please.' });
    expect(told(events)).toEqual([
      'stalled streaming',
      'nudge done',
      'run_steer_requested',
      'run_steered delivered',
      'run_recovered',
    ]);
  });

  it('is interrupted when it does not, and its conversation stays', async () => {
    await using room = await start([{ say: 'x' }, { hang: true }], { watchdog: steps });
    await room.reach('message_received');
    await room.pass(minute);
    await room.reach('run_steered');
    await room.pass(minute);
    const { result, events } = await room.end();
    expect(result).toMatchObject({ status: 'completed', interrupted: true, output: 'x' });
    expect(told(events)).toEqual([
      'stalled streaming',
      'nudge done',
      'run_steer_requested',
      'run_steered delivered',
      'interrupt done',
      'run_interrupt_requested',
      'run_interrupted delivered',
    ]);
  });

  it('fails when even that does not', async () => {
    const deaf: ScriptStep = { wait: 10 * minute, ignoreAbort: true };
    await using room = await start([{ say: 'x' }, deaf], {
      watchdog: { after: minute, cancelAfter: minute },
    });
    await room.reach('message_received');
    await room.pass(minute);
    await room.pass(minute);
    await room.pass(10_000);
    await room.run.result;
    await room.pass(10 * minute);
    const { result, events } = await room.end();
    expect(result).toMatchObject({ status: 'failed', error: { code: 'run_stalled', retryable: true } });
    expect(told(events)).toEqual(['stalled streaming', 'cancel done']);
    expect(typesOf(events).at(-1)).toBe('run_failed');
  });

  it('has failed, too, when its agent takes the end for the interrupt before it', async () => {
    await using room = await startStill(
      (clock) => ({
        ...scriptedProvider([], { clock }),
        async *run(_request, { signal }) {
          yield { type: 'agent_started', data: { continuity: 'fresh' } };
          await once(signal, 'abort');
          return { status: 'interrupted' };
        },
      }),
      { watchdog: { after: minute, interruptAfter: minute, cancelAfter: 2 * minute } },
      { limits: { idle: 0 } },
    );
    await room.reach('agent_started');
    await room.pass(minute);
    await room.pass(minute);
    await room.reach('run_interrupted');
    await room.pass(minute);
    const { result } = await room.end();
    expect(result).toMatchObject({ status: 'failed', error: { code: 'run_stalled' } });
    expect(await room.run.read()).not.toHaveProperty('interrupted');
  });

  it('that can be neither told something nor interrupted is only ended, and that is said', async () => {
    await using room = await start(
      [{ say: 'x' }, { hang: true }],
      { watchdog: steps },
      { capabilities: { steer: 'unsupported', interrupt: 'unsupported' } },
    );
    await room.reach('message_received');
    await room.pass(3 * minute);
    const { result, events } = await room.end();
    expect(result).toMatchObject({ status: 'failed', error: { code: 'run_stalled' } });
    expect(told(events)).toEqual(['stalled streaming', 'nudge skipped', 'interrupt skipped', 'cancel done']);
    expect(events.find((event) => event.type === 'watchdog_acted')?.data).toEqual({
      step: 'nudge',
      as: 'skipped',
      reason: 'scripted takes no message while it works.',
    });
  });

  it('is judged by the provider that does the work, not by the router before it', async () => {
    await using room = await start(
      [{ say: 'x' }, { hang: true }],
      { watchdog: steps },
      { capabilities: { steer: 'unsupported' }, routed: true },
    );
    await room.reach('message_received');
    await room.pass(minute);
    await room.reach('watchdog_acted');
    await room.pass(minute);
    const { events } = await room.end();
    expect(events.find((event) => event.type === 'watchdog_acted')?.data).toMatchObject({
      as: 'skipped',
      reason: 'scripted takes no message while it works.',
    });
  });

  it('is not tried again by a retry policy once it was ended', async () => {
    await using room = await start([{ hang: true }], {
      watchdog: { after: minute, cancelAfter: 0 },
      retry: { tries: 5 },
    });
    await room.reach('agent_started');
    await room.pass(minute);
    const { result, events } = await room.end();
    expect(result).toMatchObject({ status: 'failed', error: { code: 'run_stalled' } });
    expect(typesOf(events).filter((type) => type === 'agent_started')).toHaveLength(1);
  });
});

describe('what a run does', () => {
  it('is in its row, as long as it is executed', async () => {
    const { promise, resolve } = Promise.withResolvers<{ readonly decision: 'allow' }>();
    const finished = Promise.withResolvers<{ readonly output: string }>();
    await using room = await start([{ tool: listCommand, result: () => finished.promise }, { hang: true }], {
      watchdog: { after: minute, inTool: 2 * minute },
      authorize: () => promise,
    });
    await room.reach('tool_call_started');
    expect(await room.activity()).toMatchObject({ state: 'waiting_for_person' });
    await room.pass(1_000 * minute);
    resolve({ decision: 'allow' });
    await room.reach('tool_call_decided');
    const since = room.clock.now();
    expect(await room.activity()).toEqual({ state: 'in_tool', since });
    await room.pass(2 * minute);
    expect(await room.activity()).toEqual({ state: 'stalled', since: since + 2 * minute });
    finished.resolve({ output: '' });
    await room.reach('run_recovered');
    expect(await room.activity()).toMatchObject({ state: 'streaming' });
    await room.run.cancel();
    expect(told((await room.end()).events)).toEqual(['stalled in_tool', 'run_recovered']);
  });

  it('is waiting while a limit of the model service is to end, which is no stall', async () => {
    await using room = await start(
      ({ request }) => {
        if (request.attempt > 1) return [{ say: 'done' }];
        const limit = { provider: 'scripted', kind: 'limit', retryAt: Date.UTC(2026, 0, 1) + 5 * minute };
        return [{ fail: new AsmError('rate_limited', 'Later.', { provider: limit }) }];
      },
      { watchdog: { after: minute, cancelAfter: 0 }, retry: { tries: 2 } },
    );
    await room.reach('attempt_failed');
    expect(await room.activity()).toMatchObject({ state: 'waiting_for_quota' });
    await room.pass(6 * minute);
    const { result, events } = await room.end();
    expect(result).toMatchObject({ status: 'completed', output: 'done' });
    expect(told(events)).toEqual([]);
  });

  it('is not told without a watchdog', async () => {
    await using room = await start([{ say: 'x' }, { hang: true }], {});
    await room.reach('message_received');
    expect(await room.activity()).toBeUndefined();
    await room.pass(1_000 * minute);
    await room.run.cancel();
    expect(told((await room.end()).events)).toEqual([]);
  });
});

describe('the options', () => {
  it('of a run go before those of its manager, each for itself, and are stored with it', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }])],
      watchdog: { after: minute, interruptAfter: 2 * minute },
    });
    const session = await manager.createSession();
    const watchdog = { cancelAfter: 3 * minute, nudge: { text: 'Go on.' } };
    const loops = { action: 'cancel', sameCall: 3 } as const;
    const run = await session.run('go', { watchdog, loops });
    await run.result;
    expect((await run.read()).options).toMatchObject({ watchdog, loops });
    // Beyond the idle limit only with the manager's own `after`.
    await expect(session.run('go', { watchdog: { cancelAfter: 540_000 } })).rejects.toThrow(/idle limit/);
    await using off = await session.run('go', { watchdog: false, loops: false });
    expect((await off.read()).options).toMatchObject({ watchdog: false, loops: false });
  });

  it('hold for a run that is executed elsewhere', async () => {
    const store = memoryStore();
    const clock = createTestClock();
    const open = async () =>
      await createSessionManager({
        store,
        providers: [scriptedProvider([{ hang: true }], { clock })],
        clock,
        times: { lease: 1_000 * minute },
        keepOpen: true,
      });
    await using maker = await open();
    const session = await maker.createSession({ provider: 'scripted' });
    const made = await maker.startRun(session.id, 'go', { watchdog: { after: minute, cancelAfter: 0 } });
    await using other = await open();
    const run = await other.executeRun(made.id);
    await waitForEvent(run, 'agent_started');
    await quiet();
    clock.advance(minute);
    expect(await run.result).toMatchObject({ status: 'failed', error: { code: 'run_stalled' } });
  });

  it('with a secret in the nudge have to be given again', async () => {
    const store = memoryStore();
    const open = async () =>
      await createSessionManager({ store, providers: [scriptedProvider([{ say: 'x' }])], keepOpen: true });
    await using maker = await open();
    const session = await maker.createSession({ provider: 'scripted' });
    const text = `Use ghp_${'a1B2'.repeat(9)} now.`;
    const made = await maker.startRun(session.id, 'go', { watchdog: { nudge: { text } } });
    expect(JSON.stringify(await store.run(made.id))).not.toContain('ghp_');
    await using other = await open();
    await expect(other.executeRun(made.id)).rejects.toMatchObject({ details: { missing: ['watchdog'] } });
  });

  it('are checked before anything is written', async () => {
    const store = memoryStore();
    const providers = [scriptedProvider([])];
    await expect(
      createSessionManager({ store, providers, keepOpen: true, watchdog: { after: -1 } }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(
      createSessionManager({ store, providers, keepOpen: true, loops: { sameCall: 1 } }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    await using manager = await createSessionManager({ store, providers });
    const session = await manager.createSession();
    for (const watchdog of [{ after: Number.NaN }, { interruptAfter: 2, cancelAfter: 1 }])
      await expect(session.run('go', { watchdog })).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await manager.runs()).rows).toEqual([]);
  });
});
