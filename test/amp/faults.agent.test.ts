import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AmpNative, AmpOptions } from '../../src/providers/amp/options.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { containing } from '../../src/providers/claude/fixtures/text-matcher.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';
import type { AgentRoom } from '../agent/agent-room.ts';
import { bash, openAgentRoom } from './agent-room.ts';
import { standIn } from '../agent/stand-in.ts';
import { speaker, standInThread, wrapper } from './stand-in.ts';

const signedInOnly = { AMP_API_KEY: 'scripted' };

let room: AgentRoom<AmpNative, AmpOptions>;

beforeAll(async () => {
  room = await openAgentRoom(() => ({ text: 'fine' }));
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

// Of each run nothing is left when it settles, or its outcome fails.
describe.concurrent('a program that', () => {
  it('is missing is said to be missing, with advice', async () => {
    const run = room.run({ request: { native: { executable: '/nowhere/amp' } } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_not_installed',
      message: containing('@sourcegraph/amp-sdk'),
    });
    const described = await amp({ executable: '/nowhere/amp' }).describe();
    expect(described.agent).toMatchObject({ installed: false, advice: containing('@sourcegraph/amp-sdk') });
  });

  it('is another version is described as one that was not tested', async () => {
    const { agent } = await amp({ executable: await standIn(room, 'echo 0.0.1-old') }).describe();
    expect(agent).toMatchObject({
      installed: true,
      version: '0.0.1-old',
      advice: containing('not the version'),
    });
  });

  it('is no Amp is described as not installed', async () => {
    const { agent } = await amp({ executable: await standIn(room, 'exit 3') }).describe();
    expect(agent).toMatchObject({ installed: false, advice: containing('Is it Amp?') });
  });

  it('ends at its start is a crash, with what it wrote to standard error', async () => {
    const executable = await standIn(room, 'echo broken installation >&2; exit 7');
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { exitCode: 7, stderr: containing('broken installation') },
    });
  });

  it('ends with code 0 in its turn, without a result, has crashed', async () => {
    const run = room.run({ options: { executable: await speaker(room, 'process.exit(0);') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 0 } });
    expect(run.ofType('agent_started')).toMatchObject([{ data: { handle: standInThread } }]);
  });

  it('hangs at its start, deaf to signals, is ended by a cancel', async () => {
    const hung = join(room.home, 'hung');
    const executable = await standIn(
      room,
      `trap '' TERM INT\ntouch '${hung}'\nwhile true; do sleep 600; done`,
    );
    const run = room.run({ options: { executable } });
    await expect.poll(() => existsSync(hung)).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('closes its output while it lives breaks its protocol', async () => {
    const run = room.run({ options: { executable: await standIn(room, 'exec >&-\nsleep 600') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
  });

  it('ends while what it started holds its output open has crashed', async () => {
    const run = room.run({ options: { executable: await standIn(room, 'sleep 600 &\nexit 4') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 4 } });
  });

  it('does not end after its result is ended, and its result counts', async () => {
    const executable = await speaker(
      room,
      `await answer([{ type: 'text', text: 'said' }]);
  await say({ type: 'result', subtype: 'success', is_error: false, result: 'said' });
  setInterval(() => {}, 1_000);`,
    );
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed', output: 'said' });
  });

  it('writes 100 MB in one line breaks its protocol', async () => {
    const flood = `printf '{"type":"'; head -c 100000000 /dev/zero | tr '\\0' x; sleep 600`;
    const run = room.run({ options: { executable: await standIn(room, flood) } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_protocol_error' });
    expect(JSON.stringify(run.events).length).toBeLessThan(100_000);
  });

  it('runs a tool that it asked nobody about is ended', async () => {
    const executable = await speaker(
      room,
      `await answer([{ type: 'tool_use', id: 'x', name: 'Bash', input: { cmd: 'ls' } }], 'tool_use');
  await say({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'x', content: 'done' }] } });
  setInterval(() => {}, 1_000);`,
    );
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_protocol_error',
      provider: { kind: 'ungated_call' },
    });
  });

  it('wants a person to sign in is ended', async () => {
    const executable = await standIn(room, 'echo "No API key found. Starting login flow..."; sleep 600');
    const run = room.run({ options: { executable }, variables: signedInOnly });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'authentication_failed' });
  });

  it('tells an answer again has not used another turn', async () => {
    const executable = await speaker(
      room,
      `const call = [{ type: 'tool_use', id: 'x', name: 'nothing', input: {} }];
  await answer(call, 'tool_use');
  await answer(call, 'tool_use');
  const content = [{ type: 'tool_result', tool_use_id: 'x', content: 'no such tool', is_error: true }];
  await say({ type: 'user', message: { content } });
  await answer([{ type: 'text', text: 'over' }]);
  await say({ type: 'result', subtype: 'success', is_error: false, result: 'over' });
  process.exit(0);`,
    );
    const run = room.run({ options: { executable }, request: { maxTurns: 2 } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'over' });
    expect(run.ofType('turn_completed')).toHaveLength(2);
  });

  it('leaves its last answer out is looked at on disk, and its turn ends', async () => {
    await using own = await openAgentRoom([]);
    const executable = await speaker(
      own,
      `const folder = process.env.XDG_DATA_HOME + '/amp/threads';
  const { mkdirSync, writeFileSync } = await import('node:fs');
  mkdirSync(folder, { recursive: true });
  const state = { type: 'complete', stopReason: 'end_turn' };
  writeFileSync(folder + '/${standInThread}.json', JSON.stringify({ messages: [{ role: 'assistant', state }] }));
  process.stdin.on('end', () => say({ type: 'result', subtype: 'success', is_error: false, result: prompt }));`,
    );
    const run = own.run({ options: { executable }, request: { text: 'say this' } });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed', output: 'say this' });
    expect(run.ofType('message_received')).toMatchObject([{ data: { text: 'say this' } }]);
  });
});

describe('a program that writes 48 MiB of messages', () => {
  const flood = `
  const text = 'x'.repeat(65_536);
  for (let id = 0; id < 768; id++) await answer([{ type: 'text', text: id + text }]);`;

  it('waits while nobody reads them', async () => {
    const done = join(room.home, 'done');
    const executable = await speaker(
      room,
      `${flood}
  (await import('node:fs')).writeFileSync(${JSON.stringify(done)}, '');
  await say({ type: 'result', subtype: 'success', is_error: false, result: '' });`,
    );
    const request = createRunRequest({ cwd: room.cwd, environment: { set: signedInOnly } });
    let read = 0;
    let readWhenDone: number | undefined;
    for await (const event of amp({ executable }).run(request, createTestHost())) {
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
    const executable = await speaker(room, `${flood}\n  process.exit(3);`);
    const request = createRunRequest({ cwd: room.cwd, environment: { set: signedInOnly } });
    let read = 0;
    const reading = async (): Promise<void> => {
      for await (const event of amp({ executable }).run(request, createTestHost())) {
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
    await using own = await openAgentRoom([]);
    const run = own.run({ request: { cwd: join(own.home, 'nowhere') } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_input' });
    expect(run.events).toEqual([]);
    expect(own.server.requests).toHaveLength(0);
  });
});

describe('prompts', () => {
  // A tool's output here is more than any buffer between Amp and the event takes; Amp works for seconds on more.
  it('may hold NUL, lone surrogates and blanks at their end; a tool that prints 10 MB has a small event', async () => {
    await using own = await openAgentRoom([
      { tools: [bash('head -c 10000000 /dev/zero | tr "\\0" x')] },
      { text: 'end' },
    ]);
    const run = own.run({ request: { text: 'a\0b\ud800c \n' } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'end' });
    expect(JSON.stringify(own.server.mainRequests[0]?.body)).toContain('a\\u0000b\\ud800c \\n');
    const ends = [...run.ofType('tool_call_completed'), ...run.ofType('tool_call_failed')];
    expect(ends).toHaveLength(1);
    expect(JSON.stringify(ends).length).toBeLessThan(1_000_000);
  });

  it('may not be empty', async () => {
    await using own = await openAgentRoom([]);
    const messages = [{ role: 'user', text: ' \n' }] as const;
    await expect(own.run({ request: { messages } }).outcome()).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect(own.server.requests).toHaveLength(0);
  });
});

it('the next run after all these is like any other, with a prompt of 2 MB and lines of its program that are no messages', async () => {
  const executable = await wrapper(room, "yes 'no JSON at all' | head -n 1000000");
  // More than pipes hold and than our own limits for prompts that are watched; what is longer is Amp's own work.
  const run = room.run({
    options: { executable },
    request: { text: 'All work and no play. '.repeat(96_000) },
  });
  await expect(run.outcome()).resolves.toMatchObject({ output: 'fine' });
  expect(room.server.mainRequests[0]?.bodyBytes).toBeGreaterThan(2_000_000);
  expect(run.ofType('message_received').map(({ data }) => data.text)).toEqual(['fine']);
  expect(run.events[0]?.type).toBe('agent_started');
  expect(run.ofType('unparsed')).toHaveLength(256);
  // The others are counted.
  expect(run.ofType('warning_raised')).toMatchObject([{ data: { code: 'output_dropped' } }]);
});
