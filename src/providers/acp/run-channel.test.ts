import { describe, expect, it } from 'vitest';
import { chooseAgent } from './agent.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { createRunChannel, type RunChannel } from './run-channel.ts';
import { createUsageMeter } from './usage-meter.ts';

const agent = chooseAgent({ preset: 'claude-agent-acp' });

function makeChannel(): RunChannel {
  const usage = createUsageMeter({ perConversation: false, before: 'nothing' });
  return createRunChannel(agent, createNormalizerState({ preset: undefined, usage, isDenied: () => false }));
}

async function isReady(channel: RunChannel): Promise<boolean> {
  return await Promise.race([channel.ready().then(() => true), Promise.resolve().then(() => false)]);
}

describe('the channel of a run', () => {
  it('lets the agent wait while its reader does not read', async () => {
    const channel = makeChannel();
    channel.begin();
    let count = 0;
    while (await isReady(channel)) channel.takeForeign(`line ${count++}`);
    expect(count).toBe(64);
    const reader = channel.events[Symbol.asyncIterator]();
    await expect(reader.next()).resolves.toMatchObject({
      value: { type: 'unparsed', data: { raw: 'line 0' } },
    });
    await channel.ready();
  });

  it('lets nobody wait once it has ended', async () => {
    const channel = makeChannel();
    channel.begin();
    for (let count = 0; count < 100; count++) channel.takeForeign('line');
    channel.end();
    await channel.ready();
  });

  it('keeps what is foreign until the run begins, but not without end', async () => {
    const channel = makeChannel();
    channel.takeForeign('early');
    channel.takeUpdate({
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'old' } },
    });
    channel.takeForeign({ method: '_auth/status_update', params: {} });
    await channel.ready();
    channel.begin();
    channel.end();
    const events = [];
    for await (const event of channel.events) events.push(event);
    expect(events).toEqual([{ type: 'unparsed', data: { raw: 'early' } }]);

    const flooded = makeChannel();
    for (let count = 0; count < 1_001; count++) flooded.takeForeign('noise');
    await expect(flooded.ready()).rejects.toMatchObject({ code: 'agent_protocol_error' });
  });
});
