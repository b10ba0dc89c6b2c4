import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';
import { speaker } from './app-server-stand-in.ts';
import type { RoomRun } from '../agent/agent-room.ts';
import { openCodexRoom, type CodexRoom } from './codex-room.ts';
import { shell } from './codex-step.ts';

function agentOf(run: RoomRun): number {
  return run.ofType('agent_started')[0]?.data.process?.pid ?? 0;
}

const endOfTurn = "await note('turn/completed', { turn: { ...turn, status: 'completed' } });";

let room: CodexRoom;

beforeAll(async () => {
  room = await openCodexRoom(() => ({ text: 'As if nothing had been.' }));
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

// Of each run nothing is left when it settles, or its outcome fails.
describe.concurrent('a program that', () => {
  it('is missing is said to be missing, with advice', async () => {
    const executable = '/nowhere/codex';
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_not_installed',
      message: expect.stringContaining('npm install @openai/codex'),
    });
    const { agent } = await codex({ executable }).describe();
    expect(agent).toMatchObject({ installed: false, advice: expect.stringContaining('npm install') });
  });

  it('is there tells its version, beside those that are tested', async () => {
    const { agent } = await codex().describe();
    expect(agent).toMatchObject({ installed: true, version: '0.163.0', tested: { from: '0.163.0' } });
  });

  it('is of another version says so', async () => {
    const { agent } = await codex({ executable: await room.standIn('echo codex-cli 0.1.0') }).describe();
    expect(agent).toMatchObject({ installed: true, version: '0.1.0', tested: { from: '0.163.0' } });
  });

  it('is killed in a tool has crashed', async () => {
    await using own = await openCodexRoom([{ tools: [shell('touch begun; sleep 600')] }]);
    const run = own.run();
    await expect.poll(() => existsSync(join(own.cwd, 'begun'))).toBe(true);
    process.kill(agentOf(run), 'SIGKILL');
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
    expect(run.ofType('tool_call_failed')).toHaveLength(1);
  });

  it('ends at its start has crashed, with what it wrote to standard error', async () => {
    const executable = await room.wrapper('echo broken installation >&2; exit 7');
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { exitCode: 7, stderr: expect.stringContaining('broken installation') },
    });
  });

  it('ends with code 0 in its turn has crashed', async () => {
    const run = room.run({ options: { executable: await speaker(room, 'process.exit(0);') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 0 } });
  });

  it('hangs at its start, deaf to SIGTERM, is ended by a cancel', async () => {
    const begun = join(room.home, 'begun');
    const executable = await room.standIn(`trap '' TERM\ntouch '${begun}'\nwhile true; do sleep 600; done`);
    const run = room.run({ options: { executable } });
    await expect.poll(() => existsSync(begun)).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('hangs in its turn is ended by a cancel', async () => {
    await using own = await openCodexRoom([{ text: 'I begin', hang: true }]);
    const run = own.run();
    await run.waitFor((event) => event.type === 'message_streamed');
    process.kill(agentOf(run), 'SIGSTOP');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('closes its output while it lives breaks its protocol', async () => {
    const run = room.run({ options: { executable: await room.standIn('exec >&-\nsleep 600') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
  });

  it('writes 100 MB in one line breaks its protocol', async () => {
    const executable = await room.standIn(`head -c 100000000 /dev/zero | tr '\\0' x; sleep 600`);
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
  });

  it('writes lines that are no JSON has some of them kept, and the others counted', async () => {
    const executable = await speaker(
      room,
      `for (let line = 0; line < 1000; line++) await write('no JSON ' + line + '\\n');\n    ${endOfTurn}`,
    );
    const run = room.run({ options: { executable } });
    await run.outcome();
    expect(run.ofType('unparsed')).toHaveLength(256);
    expect(run.ofType('unparsed')[0]).toEqual({ type: 'unparsed', data: { raw: 'no JSON 0' } });
    expect(run.ofType('warning_raised')).toMatchObject([{ data: { code: 'output_dropped' } }]);
  });

  it('asks what nobody knows is told so, and it is kept', async () => {
    const executable = await speaker(
      room,
      `await say({ id: 'q', method: 'new/thing', params: { ...ids } });
  } else if (id === 'q') {
    ${endOfTurn}`,
    );
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed' });
    expect(run.ofType('unparsed')).toMatchObject([{ data: { raw: { method: 'new/thing' } } }]);
  });
});

describe('a program that writes 48 MiB of messages', () => {
  it('waits while nobody reads them', async () => {
    const done = join(room.home, 'done');
    const executable = await speaker(
      room,
      `
    const text = 'x'.repeat(65_536);
    for (let id = 0; id < 768; id++) {
      await note('item/completed', { item: { type: 'agentMessage', id: String(id), text } });
    }
    (await import('node:fs')).writeFileSync(${JSON.stringify(done)}, '');
    ${endOfTurn}`,
    );
    const run = codex({ executable }).run(
      createRunRequest({ cwd: room.cwd, lastRun: true }),
      createTestHost(),
    );
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
});

describe('a run', () => {
  it('in a folder that is not there does not start', async () => {
    await using own = await openCodexRoom([]);
    const run = own.run({ request: { cwd: join(own.home, 'nowhere') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_input' });
    expect(run.events).toEqual([]);
    expect(own.server.requests).toHaveLength(0);
  });

  it.each([
    ['a sandbox', "{ sandbox: { type: 'dangerFullAccess' } }"],
    ['an approval policy', "{ approvalPolicy: 'never' }"],
    ['a reviewer', "{ approvalsReviewer: 'auto_review' }"],
    ['a working folder', "{ cwd: '/' }"],
    ['a conversation', "{ thread: { id: 't-2' } }"],
  ])('does not go on with %s that was not asked for', async (_name, settings) => {
    const executable = await speaker(room, 'process.exit(1);', settings);
    const resume = { handle: { id: 't-1', runId: timeSortedIds('run') }, fork: false };
    const run = room.run({ options: { executable }, request: { resume } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'resume_failed' });
    expect(run.events).toEqual([]);
  });

  it('does not go on with a conversation whose record is gone', async () => {
    await using own = await openCodexRoom([{ text: 'first' }]);
    const { handle } = await own.run().outcome();
    const sessions = ['sessions', 'thread_history_1.sqlite', 'state_5.sqlite'];
    for (const name of sessions) await rm(join(own.home, '.codex', name), { recursive: true, force: true });
    const resume = { handle: { id: handle?.id ?? '', runId: timeSortedIds('run') }, fork: false };
    await expect(own.run({ request: { resume } }).outcome()).rejects.toMatchObject({
      code: 'resume_failed',
    });
    expect(own.server.mainRequests).toHaveLength(1);
  });
});

describe('prompts', () => {
  it('may hold NUL and lone surrogates; a tool may print 100 MB: the events stay small', async () => {
    await using own = await openCodexRoom([
      { tools: [shell('head -c 100000000 /dev/zero | tr "\\0" x')] },
      { text: 'fine' },
    ]);
    const run = own.run({ request: { text: 'before\0between\ud800after' } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'fine' });
    expect(JSON.stringify(own.server.mainRequests[0]?.body)).toContain('between\ufffdafter');
    const ends = [...run.ofType('tool_call_completed'), ...run.ofType('tool_call_failed')];
    expect(ends).toHaveLength(1);
    expect(JSON.stringify(run.events).length).toBeLessThan(4_000_000);
  });

  it('that are 10 MB long are refused, since Codex takes none of them', async () => {
    await using own = await openCodexRoom([{ text: 'never' }]);
    const run = own.run({ request: { text: 'All work and no play. '.repeat(480_000) } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_request' });
    expect(own.server.requests).toHaveLength(0);
  });

  it('may not be empty', async () => {
    await using own = await openCodexRoom([]);
    const run = own.run({ request: { messages: [{ role: 'user', text: ' \n' }] } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_input' });
    expect(own.server.requests).toHaveLength(0);
  });
});

it('the next run after all these is like any other', async () => {
  await expect(room.run().outcome()).resolves.toMatchObject({ output: 'As if nothing had been.' });
});
