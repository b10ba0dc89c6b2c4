import { readFileSync } from 'node:fs';
import { assert, describe, expect, it } from 'vitest';
import { readProcessTable } from '../../src/process/process-table.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { openAgentRoom, type RoomRun } from './agent-room.ts';
import { command } from './codex-steps.ts';

const slow = command('node -e "setTimeout(() => {}, 60000)"');
const longText = { text: 'long '.repeat(400), chunks: 400, chunkDelay: 20 };

/** The app servers that this process has started. */
function ownServers(): readonly number[] {
  return readProcessTable()
    .filter(({ pid, parent, alive }) => alive && parent === process.pid && isServer(pid))
    .map(({ pid }) => pid);
}

function isServer(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('app-server');
}

async function untilToolRuns(run: RoomRun): Promise<void> {
  await run.waitFor((event) => event.type === 'tool_call_started');
  await expect.poll(async () => (await run.living()).length, { timeout: 120_000 }).toBeGreaterThan(1);
}

describe('interrupting', () => {
  it('stops the text, and a tool, and keeps the conversation', async () => {
    await using text = await openAgentRoom([longText]);
    const speaking = text.run();
    await speaking.waitFor((event) => event.type === 'message_streamed');
    speaking.host.interrupt();
    await expect(speaking.outcome()).resolves.toMatchObject({ status: 'interrupted' });

    await using tool = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const working = tool.run();
    await untilToolRuns(working);
    working.host.interrupt();
    const { status, handle } = await working.outcome();
    expect([status, handle?.id]).toEqual(['interrupted', working.ofType('agent_started')[0]?.data.handle]);
    expect(await working.living()).toEqual([]);
    expect(tool.server.mainRequests).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('during a tool and an open question leaves nothing alive and asks the model nothing more', async () => {
    await using tool = await openAgentRoom([{ tools: [slow] }, { text: 'never' }]);
    const working = tool.run();
    await untilToolRuns(working);
    working.host.cancel();
    await expect(working.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await working.living()).toEqual([]);
    expect(tool.server.mainRequests).toHaveLength(1);

    await using question = await openAgentRoom([{ tools: [command('touch x')] }, { text: 'never' }]);
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
    expect(waiting.host.questions).toMatchObject([{ answer: 'withdrawn' }]);
    expect(question.server.mainRequests).toHaveLength(1);
  });
});

describe('a server that is killed in a tool', () => {
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
    expect(await run.living()).toEqual([]);
  });

  it('fails all the runs that share it, and the next run gets another one', async () => {
    const provider = codex({ shareServer: true });
    await using _closing = { [Symbol.asyncDispose]: async () => await provider[Symbol.asyncDispose]?.() };
    await using room = await openAgentRoom(() => longText);
    const runs = [room.run({ provider }), room.run({ provider })];
    for (const run of runs) await run.waitFor((event) => event.type === 'message_streamed');
    const [server, ...others] = ownServers();
    assert(server !== undefined && others.length === 0, 'both runs have one server');
    process.kill(server, 'SIGKILL');
    for (const run of runs) await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed' });
    room.server.setScript([{ text: 'here again' }]);
    const next = room.run({ provider });
    await expect(next.outcome()).resolves.toMatchObject({ output: 'here again' });
    const [another, ...more] = ownServers();
    expect([another === server, more]).toEqual([false, []]);
  });
});
