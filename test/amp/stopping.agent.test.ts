import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { AgentRoom, RoomRun } from '../agent/agent-room.ts';
import { bash, expectNothingLeft, openAgentRoom } from './agent-room.ts';

const slow = bash('touch begun; sleep 600');

async function untilToolRuns(room: AgentRoom): Promise<void> {
  await expect.poll(() => existsSync(join(room.cwd, 'begun')), { timeout: 300_000 }).toBe(true);
}

async function untilModelSpeaks(room: AgentRoom): Promise<void> {
  await room.server.waitForRequest((request) => request.wire !== undefined && !request.auxiliary, {
    timeout: 300_000,
  });
}

function pidOf(run: RoomRun): number {
  return run.ofType('agent_started')[0]?.data.process?.pid ?? 0;
}

describe('interrupting', () => {
  it('stops the text, keeps the thread, and the next run knows what was said', async () => {
    await using room = await openAgentRoom([{ text: 'long '.repeat(400), chunks: 400, chunkDelay: 20 }]);
    const run = room.run({ request: { text: 'Mind the red kite.' } });
    await untilModelSpeaks(room);
    run.host.interrupt();
    const outcome = await run.outcome();
    expect(outcome.status).toBe('interrupted');
    expect(await run.processes()).toEqual([]);
    room.server.setScript([{ text: 'here again' }]);
    const handle = { id: outcome.handle?.id ?? '', runId: timeSortedIds('run') };
    await room.run({ request: { resume: { handle, fork: false } } }).outcome();
    const last = room.server.mainRequests.at(-1);
    expect(last === undefined ? [] : conversationTexts(last)).toContain('Mind the red kite.');
  });

  it('stops a tool, with an open question too', async () => {
    await using room = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const run = room.run();
    await untilToolRuns(room);
    run.host.interrupt();
    await expect(run.outcome()).resolves.toMatchObject({ status: 'interrupted' });
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'interrupted' } }]);
    expect(await run.processes()).toEqual([]);

    room.server.setScript([{ tools: [bash('touch x')] }, { text: 'never' }]);
    const asked = Promise.withResolvers<void>();
    const asking = room.run({
      authorize: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    await asked.promise;
    asking.host.interrupt();
    await expect(asking.outcome()).resolves.toMatchObject({ status: 'interrupted' });
    expect(asking.host.questions).toMatchObject([{ answer: 'withdrawn' }]);
    expect(room.server.mainRequests).toHaveLength(2);
  });
});

describe('cancelling', () => {
  it('during text, a tool and an open question leaves nothing alive and asks the model nothing more', async () => {
    await using text = await openAgentRoom([{ text: 'long '.repeat(400), chunks: 400, chunkDelay: 20 }]);
    const speaking = text.run();
    await untilModelSpeaks(text);
    speaking.host.cancel();
    await expect(speaking.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await speaking.processes()).toEqual([]);

    await using tool = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const working = tool.run();
    await untilToolRuns(tool);
    working.host.cancel();
    await expect(working.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await working.processes()).toEqual([]);
    expect(tool.server.mainRequests).toHaveLength(1);

    await using question = await openAgentRoom([{ tools: [bash('touch x')] }, { text: 'never' }]);
    const asked = Promise.withResolvers<void>();
    const waiting = question.run({
      authorize: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    await asked.promise;
    waiting.host.cancel();
    await expect(waiting.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await waiting.processes()).toEqual([]);
    expect(waiting.host.questions).toMatchObject([{ answer: 'withdrawn' }]);
    expect(question.server.mainRequests).toHaveLength(1);
  });

  it('ends an Amp that is stopped in its turn', async () => {
    await using room = await openAgentRoom([{ text: 'I begin', hang: true }]);
    const run = room.run();
    await untilModelSpeaks(room);
    process.kill(pidOf(run), 'SIGSTOP');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    await expectNothingLeft(room, run);
  });

  it('before the start asks nobody', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    await expect(room.run({ signal: AbortSignal.abort() }).outcome()).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(room.server.requests).toHaveLength(0);
  });
});

describe('an Amp that is killed in a tool', () => {
  it('is a crash with its signal, and its tool ends with it', async () => {
    await using room = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const run = room.run();
    await untilToolRuns(room);
    process.kill(pidOf(run), 'SIGKILL');
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
    expect(run.ofType('token_usage_updated').at(-1)?.data.usage.inputTokens).toBe(1000);
    await expectNothingLeft(room, run);
  });
});

describe('steering', () => {
  it('stops the tool that runs, and the model hears it in the same run', async () => {
    await using room = await openAgentRoom([{ tools: [slow] }, { text: 'heard' }]);
    const run = room.run();
    await untilToolRuns(room);
    await expect(run.host.steer('Please also count the files.')).resolves.toEqual({ as: 'accepted' });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed', output: 'heard' });
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'interrupted' } }]);
    const last = room.server.mainRequests.at(-1);
    expect(last === undefined ? [] : conversationTexts(last)).toContain('Please also count the files.');
  });

  it('breaks an answer off, and the next one knows it', async () => {
    await using room = await openAgentRoom([
      { text: 'some text '.repeat(300), chunks: 300, chunkDelay: 20 },
      { text: 'heard' },
    ]);
    const run = room.run();
    await untilModelSpeaks(room);
    await expect(run.host.steer('One more thing.')).resolves.toEqual({ as: 'accepted' });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'heard' });
  });

  it('is refused after the turn, and with nothing in it', async () => {
    await using room = await openAgentRoom([{ tools: [bash('echo x')] }, { text: 'end' }]);
    const answers: Promise<unknown>[] = [];
    const run = room.run({
      authorize: async () => {
        await run.host.steer(' ').then((answer) => answers.push(Promise.resolve(answer)));
        return { decision: 'allow' };
      },
    });
    await run.waitFor((event) => event.type === 'message_received');
    await expect(run.host.steer('Too late.')).resolves.toMatchObject({ as: 'refused' });
    await run.outcome();
    expect(await Promise.all(answers)).toMatchObject([{ as: 'refused' }]);
  });
});
