import { assert, describe, expect, it } from 'vitest';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { RoomRun } from '../agent/agent-room.ts';
import { bash, openAgentRoom } from './agent-room.ts';

const slow = bash('node -e "setTimeout(() => {}, 60000)"');

async function untilToolRuns(run: RoomRun): Promise<void> {
  await run.waitFor((event) => event.type === 'tool_call_started');
  await expect.poll(async () => (await run.processes()).length, { timeout: 300_000 }).toBeGreaterThan(1);
}

describe('interrupting', () => {
  it('stops the text and keeps the conversation', async () => {
    await using room = await openAgentRoom([{ text: 'long '.repeat(400), chunks: 400, chunkDelay: 20 }]);
    const run = room.run();
    await run.waitFor((event) => event.type === 'message_streamed');
    run.host.interrupt();
    await expect(run.outcome()).resolves.toMatchObject({ status: 'interrupted' });
    expect(await run.processes()).toEqual([]);
  });

  it('stops a tool', async () => {
    await using room = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const run = room.run();
    await untilToolRuns(run);
    run.host.interrupt();
    const { handle } = await run.outcome();
    expect(handle?.id).toBe(run.ofType('agent_started')[0]?.data.handle);
    expect(await run.processes()).toEqual([]);
    expect(room.server.mainRequests).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('during text, a tool and an open question leaves nothing alive and asks the model nothing more', async () => {
    await using text = await openAgentRoom([{ text: 'long '.repeat(400), chunks: 400, chunkDelay: 20 }]);
    const speaking = text.run();
    await speaking.waitFor((event) => event.type === 'message_streamed');
    speaking.host.cancel();
    await expect(speaking.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await speaking.processes()).toEqual([]);

    await using tool = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const working = tool.run();
    await untilToolRuns(working);
    working.host.cancel();
    await expect(working.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await working.processes()).toEqual([]);

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

  it('before the start asks nobody', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const stopped = AbortSignal.abort();
    await expect(room.run({ signal: stopped }).outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(room.server.requests).toHaveLength(0);
  });
});

describe('a program that is killed in a tool', () => {
  it('is a crash with its signal, and its tool ends with it', async () => {
    await using room = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const run = room.run();
    await untilToolRuns(run);
    const pid = run.ofType('agent_started')[0]?.data.process?.pid;
    assert(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
    expect(await run.processes()).toEqual([]);
    expect(run.ofType('token_usage_updated').at(-1)?.data.usage.inputTokens).toBe(1000);
  });
});

describe('steering', () => {
  it('reaches the model in the same run while a tool works', async () => {
    await using room = await openAgentRoom([
      { tools: [bash('sleep 1; echo slept')] },
      { text: 'heard' },
      { text: 'heard later' },
    ]);
    const run = room.run();
    await run.waitFor((event) => event.type === 'tool_call_started');
    await expect(run.host.steer('Please also count the files.')).resolves.toEqual({ as: 'accepted' });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed' });
    const last = room.server.mainRequests.at(-1);
    expect(last === undefined ? '' : conversationTexts(last).join('\n')).toContain(
      'Please also count the files.',
    );
  });

  it('reaches the model while text streams, as the next turn of the run', async () => {
    await using room = await openAgentRoom([
      { text: 'some text '.repeat(30), chunks: 30, chunkDelay: 20 },
      { text: 'heard' },
    ]);
    const run = room.run();
    await run.waitFor((event) => event.type === 'message_streamed');
    await expect(run.host.steer('One more thing.')).resolves.toEqual({ as: 'accepted' });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'heard' });
  });
});
