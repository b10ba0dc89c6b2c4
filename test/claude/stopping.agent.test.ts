import { assert, describe, expect, it } from 'vitest';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { RoomRun } from '../agent/agent-room.ts';
import { bash, openAgentRoom } from './agent-room.ts';

const slow = bash('node -e "setTimeout(() => {}, 60000)"');

async function untilToolRuns(run: RoomRun): Promise<void> {
  await run.waitFor((event) => event.type === 'tool_call_started');
  await expect.poll(async () => (await run.processes()).length).toBeGreaterThan(1);
}

describe('steering', () => {
  it('reaches the model while text streams, as the next turn; an interrupt ends the tool of that, and no more is asked', async () => {
    await using room = await openAgentRoom([
      { text: 'some text '.repeat(30), chunks: 30, chunkDelay: 20 },
      { tools: [slow] },
      { text: 'never' },
    ]);
    const run = room.run();
    await run.waitFor((event) => event.type === 'message_streamed');
    await expect(run.host.steer('One more thing.')).resolves.toEqual({ as: 'accepted' });
    await untilToolRuns(run);
    const last = room.server.mainRequests.at(-1);
    expect(last === undefined ? '' : conversationTexts(last).join('\n')).toContain('One more thing.');
    run.host.interrupt();
    const { status, handle } = await run.outcome();
    expect(status).toBe('interrupted');
    expect(handle?.id).toBe(run.ofType('agent_started')[0]?.data.handle);
    expect(await run.processes()).toEqual([]);
    expect(room.server.mainRequests).toHaveLength(2);
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
