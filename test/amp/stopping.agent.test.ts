import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { AgentRoom, RoomRun } from '../agent/agent-room.ts';
import { bash, expectNothingLeft, openAgentRoom } from './agent-room.ts';

const slow = bash('touch begun; sleep 600');

async function untilToolRuns(room: AgentRoom): Promise<void> {
  await expect.poll(() => existsSync(join(room.cwd, 'begun'))).toBe(true);
}

async function untilModelSpeaks(room: AgentRoom): Promise<void> {
  await room.server.waitForRequest((request) => request.wire !== undefined && !request.auxiliary, {
    timeout: 300_000,
  });
}

function lastHeard(room: AgentRoom): readonly string[] {
  const last = room.server.mainRequests.at(-1);
  return last === undefined ? [] : conversationTexts(last);
}

function pidOf(run: RoomRun): number {
  return run.ofType('agent_started')[0]?.data.process?.pid ?? 0;
}

describe('interrupting and steering', () => {
  it('stops the text and keeps the thread; the next run knows it, and what breaks its answer off; before the first word, too', async () => {
    await using room = await openAgentRoom([{ text: 'long '.repeat(400), chunks: 400, chunkDelay: 20 }]);
    const run = room.run({ request: { text: 'Mind the red kite.' } });
    await untilModelSpeaks(room);
    run.host.interrupt();
    const outcome = await run.outcome();
    expect(outcome.status).toBe('interrupted');
    expect(await run.processes()).toEqual([]);

    room.server.setScript([
      { tools: [bash('echo x')] },
      { text: 'some text '.repeat(300), chunks: 300, chunkDelay: 20 },
      { text: 'heard' },
    ]);
    const handle = { id: outcome.handle?.id ?? '', runId: timeSortedIds('run') };
    const empty: unknown[] = [];
    const next = room.run({
      request: { resume: { handle, fork: false } },
      authorize: async () => {
        empty.push(await next.host.steer(' '));
        return { decision: 'allow' };
      },
    });
    await expect.poll(() => room.server.mainRequests.length).toBe(3);
    await expect(next.host.steer('One more thing.')).resolves.toEqual({ as: 'accepted' });
    await next.waitFor((event) => event.type === 'message_received' && event.data.text === 'heard');
    await expect(next.host.steer('Too late.')).resolves.toMatchObject({ as: 'refused' });
    await expect(next.outcome()).resolves.toMatchObject({ status: 'completed', output: 'heard' });
    expect(empty).toMatchObject([{ as: 'refused' }]);
    expect(lastHeard(room)).toEqual(expect.arrayContaining(['Mind the red kite.', 'One more thing.']));

    const early = room.run({ request: { resume: { handle, fork: false } } });
    early.host.interrupt();
    await expect(early.outcome()).resolves.toMatchObject({
      status: 'interrupted',
      handle: { id: handle.id },
    });
    expect(early.ofType('agent_started')).toMatchObject([{ data: { continuity: 'native' } }]);
  });

  it('stops the tool that runs: steered, the model hears it in the same run; interrupted, nothing more', async () => {
    await using room = await openAgentRoom([{ tools: [slow] }, { tools: [slow] }, { text: 'never' }]);
    const run = room.run();
    await untilToolRuns(room);
    await expect(run.host.steer('Please also count the files.')).resolves.toEqual({ as: 'accepted' });
    await rm(join(room.cwd, 'begun'));
    await untilToolRuns(room);
    expect(lastHeard(room)).toContain('Please also count the files.');
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'interrupted' } }]);
    run.host.interrupt();
    await expect(run.outcome()).resolves.toMatchObject({ status: 'interrupted' });
    expect(run.ofType('tool_call_failed').map(({ data }) => data.reason)).toEqual([
      'interrupted',
      'interrupted',
    ]);
    expect(await run.processes()).toEqual([]);
    expect(room.server.mainRequests).toHaveLength(2);
  });

  it('withdraws an open question', async () => {
    await using room = await openAgentRoom([{ tools: [bash('touch x')] }, { text: 'never' }]);
    const asked = Promise.withResolvers<void>();
    const run = room.run({
      authorize: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    await asked.promise;
    run.host.interrupt();
    await expect(run.outcome()).resolves.toMatchObject({ status: 'interrupted' });
    expect(run.host.questions).toMatchObject([{ answer: 'withdrawn' }]);
    expect(room.server.mainRequests).toHaveLength(1);
  });
});

// That it leaves nothing alive, during text and a tool too, is in the contract of providers.
describe('cancelling', () => {
  it('while a question is open asks the model nothing more', async () => {
    await using room = await openAgentRoom([{ tools: [bash('touch x')] }, { text: 'never' }]);
    const asked = Promise.withResolvers<void>();
    const run = room.run({
      authorize: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    await asked.promise;
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await run.processes()).toEqual([]);
    expect(run.host.questions).toMatchObject([{ answer: 'withdrawn' }]);
    expect(room.server.mainRequests).toHaveLength(1);
  });

  it('before the start asks nobody', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    await expect(room.run({ signal: AbortSignal.abort() }).outcome()).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(room.server.requests).toHaveLength(0);
  });
});

describe('an Amp', () => {
  it('that is stopped in its turn is ended by a cancel; killed in a tool, it is a crash with its signal', async () => {
    await using room = await openAgentRoom([{ text: 'I begin', hang: true }, { tools: [slow] }]);
    const stopped = room.run();
    await untilModelSpeaks(room);
    process.kill(pidOf(stopped), 'SIGSTOP');
    stopped.host.cancel();
    await expect(stopped.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await stopped.processes()).toEqual([]);

    const killed = room.run();
    await untilToolRuns(room);
    process.kill(pidOf(killed), 'SIGKILL');
    await expect(killed.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
    expect(killed.ofType('token_usage_updated').at(-1)?.data.usage.inputTokens).toBe(1000);
    await expectNothingLeft(room, killed);
  });
});
