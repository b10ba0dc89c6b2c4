import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../../src/domain/event.ts';
import type { RunHandle } from '../../src/manager/run-handle.ts';
import type { ModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { checkLog, typesOf, waitForEvent } from './log-check.ts';
import { openWatchedRoom, watchedAgents, type WatchedAgent } from './watched-agents.ts';

const minute = 60_000;
const patience = { timeout: 300_000, interval: 20 };

/** The processes of the run's agent that live. */
async function living(run: RunHandle): Promise<readonly number[]> {
  const { cookie } = await run.read();
  return cookie === undefined ? [] : ((await processesWithCookie(cookie)) ?? []);
}

const told: ReadonlySet<string> = new Set(['run_stalled', 'run_recovered', 'run_interrupted']);

/** What the watchdog wrote and what came of it, in order. */
function steps(events: readonly LogEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'watchdog_acted') return `${event.data.step} ${event.data.as}`;
    return told.has(event.type) ? event.type : [];
  });
}

const silence: ModelTurn = { text: 'Let me think.', hang: true };

/** Waits until the model has begun so many answers and is silent, and the agent has told what it tells of them. */
async function untilSilent(
  run: RunHandle,
  server: ModelServer,
  { lastOfText }: WatchedAgent,
  answers = 1,
): Promise<void> {
  await expect.poll(() => server.mainRequests.length, patience).toBe(answers);
  // An agent that tells no pieces tells an answer, and what it used, when it gives it up.
  if (lastOfText === undefined) {
    if (answers > 1) await waitForEvent(run, 'token_usage_updated');
    return;
  }
  let text = '';
  for await (const event of run) {
    if (event.type === 'message_streamed') text += event.data.text;
    if (event.type === lastOfText && text === silence.text?.repeat(answers)) return;
  }
}

describe.each(watchedAgents)('$name', (agent) => {
  it('whose model falls silent is nudged and interrupted; its next run is stopped when it makes one call for ever, but not while its results change', async () => {
    await using room = await openWatchedRoom(agent, () => silence);
    const run = await room.run({
      watchdog: {
        after: minute,
        nudge: { text: 'Go on, please.', times: 1 },
        interruptAfter: minute,
        cancelAfter: 60 * minute,
      },
    });
    await untilSilent(run, room.server, agent);
    room.clock.advance(minute);
    await waitForEvent(run, 'watchdog_acted');
    if (agent.asksAgain) {
      await untilSilent(run, room.server, agent, 2);
      room.clock.advance(minute);
    }
    await expect.poll(async () => (await run.read()).activity?.state, patience).toBe('stalled');
    room.clock.advance(minute);
    expect(await run.result).toMatchObject({ status: 'completed', interrupted: true });
    const { events } = await checkLog(room.store, room.session.id);
    expect(steps(events)).toEqual([
      ...['run_stalled', 'nudge done'],
      ...(agent.asksAgain ? ['run_recovered', 'run_stalled', 'nudge skipped'] : []),
      ...['interrupt done', 'run_interrupted'],
    ]);
    expect(await living(run)).toEqual([]);

    let asked = 0;
    room.server.setScript(() => {
      asked++;
      return {
        text: 'Here I am.',
        tools: [agent.bash(asked <= 6 ? 'date +%s%N' : 'echo same', `Try ${asked}`)],
      };
    });
    const next = await room.run({ watchdog: { after: minute }, loops: { action: 'cancel' } });
    expect(await next.result).toMatchObject({
      status: 'failed',
      error: { code: 'loop_detected', details: { kind: 'same_call', times: 5, tools: ['bash'] } },
    });
    expect((await next.read()).activity).toBeUndefined();
    const own = (await checkLog(room.store, room.session.id)).events.filter(({ runId }) => runId === next.id);
    expect(own.find(({ type }) => type === 'message_received')).toMatchObject({
      data: { text: 'Here I am.' },
    });
    expect(typesOf(own).filter((type) => type === 'tool_call_completed')).toHaveLength(11);
    expect(typesOf(own).filter((type) => type === 'loop_detected')).toHaveLength(1);
    expect(await living(next)).toEqual([]);
  });

  it('whose model falls silent is ended where nothing else was asked for', async () => {
    await using room = await openWatchedRoom(agent, () => silence);
    const run = await room.run({ watchdog: { after: minute, cancelAfter: 0 } });
    await untilSilent(run, room.server, agent);
    room.clock.advance(minute);
    expect(await run.result).toMatchObject({ status: 'failed', error: { code: 'run_stalled' } });
    expect(await living(run)).toEqual([]);
    expect(room.server.mainRequests).toHaveLength(1);
  });
});
