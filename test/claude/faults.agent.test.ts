import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bash, openAgentRoom, type AgentRoom, type RoomRun } from './agent-room.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { standIn, wrapper } from './stand-in.ts';

/** After a fault nothing is left of the run, and the next one is like any other. */
async function expectNothingLeft(room: AgentRoom, run: RoomRun): Promise<void> {
  expect(await processesWithCookie(run.cookie)).toEqual([]);
  room.server.setScript([{ text: 'As if nothing had been.' }]);
  await expect(room.run().outcome()).resolves.toMatchObject({ output: 'As if nothing had been.' });
}

describe('a program that', () => {
  it('hangs at its start, deaf to SIGTERM, is ended by a cancel', async () => {
    await using room = await openAgentRoom([]);
    const executable = await standIn(room, "trap '' TERM\nwhile true; do sleep 600; done");
    const run = room.run({ provider: { executable } });
    await run.waitFor((event) => event.type === 'agent_started');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    await expectNothingLeft(room, run);
  });

  it('hangs in its turn is ended by a cancel', async () => {
    await using room = await openAgentRoom([{ text: 'I begin', hang: true }]);
    const run = room.run();
    await run.waitFor((event) => event.type === 'message_streamed');
    process.kill(run.ofType('agent_started')[0]?.data.process?.pid ?? 0, 'SIGSTOP');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    await expectNothingLeft(room, run);
  });

  it('closes its output while it lives breaks its protocol', async () => {
    await using room = await openAgentRoom([]);
    const executable = await standIn(room, 'exec >&-\nsleep 600');
    const run = room.run({ provider: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
    await expectNothingLeft(room, run);
  });

  it('ends with code 0 without a result has crashed', async () => {
    await using room = await openAgentRoom([]);
    const run = room.run({ provider: { executable: await standIn(room, 'exit 0') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 0 } });
    await expectNothingLeft(room, run);
  });

  it('writes 100 MB in one line breaks its protocol', async () => {
    await using room = await openAgentRoom([]);
    const executable = await standIn(
      room,
      `printf '{"type":"'; head -c 100000000 /dev/zero | tr '\\0' x; sleep 600`,
    );
    const run = room.run({ provider: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
    expect(JSON.stringify(run.events).length).toBeLessThan(100_000);
    await expectNothingLeft(room, run);
  });

  it('writes 7 million lines that are no JSON has some of them kept, and the others counted', async () => {
    await using room = await openAgentRoom([{ text: 'fine' }]);
    const run = room.run({
      provider: { executable: await wrapper(room, "yes 'no JSON at all' | head -n 7000000") },
    });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'fine' });
    expect(run.ofType('unparsed').length).toBeLessThan(300);
    expect(run.ofType('warning_raised')).toMatchObject([{ data: { code: 'output_dropped' } }]);
    await expectNothingLeft(room, run);
  });
});

describe('a run', () => {
  it('in a folder that is not there does not start', async () => {
    await using room = await openAgentRoom([]);
    const run = room.run({ request: { cwd: join(room.home, 'nowhere') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_input' });
    expect(run.events).toEqual([]);
    expect(room.server.requests).toHaveLength(0);
  });

  it('whose gate fails does not run the tool, and goes on', async () => {
    await using room = await openAgentRoom([
      { tools: [bash('touch made')] },
      { text: 'The gate is broken.' },
    ]);
    const run = room.run({
      authorize: () => {
        throw new Error('broken gate');
      },
    });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'The gate is broken.' });
    expect(existsSync(join(room.cwd, 'made'))).toBe(false);
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'denied' } }]);
  });
});
