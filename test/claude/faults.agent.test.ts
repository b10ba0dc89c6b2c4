import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, assert, beforeAll, describe, expect, it } from 'vitest';
import { containing } from '../../src/providers/claude/fixtures/text-matcher.ts';
import type { AgentRoom } from '../agent/agent-room.ts';
import { openAgentRoom } from './agent-room.ts';
import type { ClaudeNative, ClaudeOptions } from '../../src/providers/claude/options.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';
import { standIn } from '../agent/stand-in.ts';
import { speaker, wrapper } from './stand-in.ts';

let room: AgentRoom<ClaudeNative, ClaudeOptions>;

beforeAll(async () => {
  room = await openAgentRoom(() => ({ text: 'As if nothing had been.' }));
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

describe('in one place', () => {
  describe.concurrent('a program that', () => {
    it('is too old to block a tool when a hook fails is refused, with what to do', async () => {
      const run = room.run({ options: { executable: await speaker(room, '', {}) } });
      await expect(run.outcome()).rejects.toMatchObject({ message: containing('Update Claude Code') });
    });

    it('ends with code 0 in its turn has crashed', async () => {
      const begin = "await say({ type: 'system', subtype: 'init', session_id: 'x' });";
      const run = room.run({
        options: { executable: await speaker(room, `${begin}\n    process.exit(0);`) },
      });
      await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 0 } });
    });

    it('hangs at its start, deaf to SIGTERM, is ended by a cancel', async () => {
      const executable = await standIn(room, "trap '' TERM\nwhile true; do sleep 600; done");
      const run = room.run({ options: { executable } });
      await run.waitFor((event) => event.type === 'agent_started');
      run.host.cancel();
      await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    });

    it('closes its output while it lives breaks its protocol', async () => {
      const executable = await standIn(room, 'exec >&-\nsleep 600');
      const run = room.run({ options: { executable } });
      await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
    });

    it('ends with code 0 without a result has crashed', async () => {
      const run = room.run({ options: { executable: await standIn(room, 'exit 0') } });
      await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 0 } });
    });

    it('writes 100 MB in one line breaks its protocol', async () => {
      const executable = await standIn(
        room,
        `printf '{"type":"'; head -c 100000000 /dev/zero | tr '\\0' x; sleep 600`,
      );
      const run = room.run({ options: { executable } });
      await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
      expect(JSON.stringify(run.events).length).toBeLessThan(100_000);
    });

    it('hangs in its turn is ended by a cancel', async () => {
      await using own = await openAgentRoom([{ text: 'I begin', hang: true }]);
      const run = own.run();
      await run.waitFor((event) => event.type === 'message_streamed');
      const pid = run.ofType('agent_started')[0]?.data.process?.pid;
      assert(pid !== undefined);
      process.kill(pid, 'SIGSTOP');
      run.host.cancel();
      await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    });
  });

  // Of each run nothing was left when it settled, or its outcome would have failed.
  it('the next run after all these is like any other, and of 30 MB of lines that are no JSON it keeps some', async () => {
    const executable = await wrapper(room, "yes 'no JSON at all' | head -n 2000000");
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'As if nothing had been.' });
    expect(run.ofType('unparsed')[0]).toEqual({ type: 'unparsed', data: { raw: 'no JSON at all' } });
    expect(run.ofType('unparsed').length).toBeLessThan(300);
    // The others are counted.
    expect(run.ofType('warning_raised')).toMatchObject([{ data: { code: 'output_dropped' } }]);
  });
});

const flood = `
    const text = 'x'.repeat(65_536);
    for (let id = 0; id < 768; id++) {
      await say({ type: 'assistant', message: { id: String(id), content: [{ type: 'text', text }] } });
    }`;

describe('a program that writes 48 MiB of messages', () => {
  it('waits while nobody reads them', async () => {
    await using room = await openAgentRoom([]);
    const done = join(room.home, 'done');
    const executable = await speaker(
      room,
      `${flood}
    (await import('node:fs')).writeFileSync(${JSON.stringify(done)}, '');
    await say({ type: 'result', subtype: 'success', is_error: false, result: 'over' });`,
    );
    const run = claude({ executable }).run(createRunRequest({ cwd: room.cwd }), createTestHost());
    let read = 0;
    let readWhenDone: number | undefined;
    for await (const event of run) {
      if (event.type !== 'message_received') continue;
      read += 1;
      // A reader that is slower than the program, until that has written all it has to say.
      if (readWhenDone === undefined) await sleep(2);
      if (existsSync(done)) readWhenDone ??= read;
    }
    expect(read).toBe(768);
    expect(readWhenDone).toBeGreaterThan(300);
  });

  it('and dies has all of them told before its crash', async () => {
    await using room = await openAgentRoom([]);
    const executable = await speaker(room, `${flood}\n    process.exit(3);`);
    const run = claude({ executable }).run(createRunRequest({ cwd: room.cwd }), createTestHost());
    let read = 0;
    const reading = async (): Promise<void> => {
      for await (const event of run) {
        if (event.type !== 'message_received') continue;
        read += 1;
        if (read % 8 === 0) await sleep(2);
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 3 } });
    expect(read).toBe(768);
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
});
