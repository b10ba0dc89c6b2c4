import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderEvent } from '../../src/ports/provider.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';
import { openStandInRoom, type StandInRoom } from './stand-in-room.ts';

let room: StandInRoom;

beforeAll(async () => {
  room = await openStandInRoom();
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

// Of each run nothing is left when it settles, or its outcome fails.
describe.concurrent('an agent', () => {
  it('that is missing is said to be missing, with advice', async () => {
    const run = room.run('well', { provider: { command: 'no-such-agent' } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'agent_not_installed' });
    const { agent } = await acp({ command: 'no-such-agent' }).describe();
    expect(agent).toMatchObject({
      installed: false,
      advice: expect.stringContaining('no-such-agent') as string,
    });
  });

  it('tells its version, and that it speaks the protocol', async () => {
    const described = await acp(room.options('well')).describe();
    expect(described.agent).toMatchObject({ installed: true, version: '1.2.3' });
    const wrong = await acp(room.options('speaks-another-version')).describe();
    expect(wrong.agent).toMatchObject({ installed: false, advice: expect.stringContaining('99') as string });
  });

  it('is not looked at for longer than the caller likes', async () => {
    const signal = AbortSignal.abort();
    const { agent } = await acp(room.options('silent-from-the-start')).describe({ signal });
    expect(agent.installed).toBe(false);
  });

  it('that says nothing from its start ends when the run is cancelled', async () => {
    const run = room.run('silent-from-the-start');
    await expect.poll(() => run.processes()).not.toEqual([]);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(run.events).toEqual([]);
  });

  it('that is deaf in its turn refuses to be steered, and is ended, with what it started, by an interrupt', async () => {
    const run = room.run('deaf-in-the-turn');
    await run.waitFor((event) => event.type === 'message_streamed');
    await expect(run.host.steer('Listen!')).resolves.toMatchObject({ as: 'refused' });
    run.host.interrupt();
    await expect(run.outcome()).resolves.toMatchObject({
      status: 'interrupted',
      handle: { id: 'conversation' },
    });
  });

  it('that is deaf in its turn is ended, with what it started, by a cancel', async () => {
    const run = room.run('deaf-in-the-turn');
    await run.waitFor((event) => event.type === 'message_streamed');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('that ends with code 0 and without a result has crashed', async () => {
    await expect(room.run('ends-with-code-0').outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { exitCode: 0 },
    });
  });

  it('that closes its output breaks the protocol, and is ended', async () => {
    await expect(room.run('closes-its-output').outcome()).rejects.toMatchObject({
      code: 'agent_protocol_error',
    });
  });

  it('that speaks another version of the protocol is refused', async () => {
    await expect(room.run('speaks-another-version').outcome()).rejects.toMatchObject({
      code: 'agent_protocol_error',
    });
  });

  it('may write lines that are no messages: they are kept, and the run goes on', async () => {
    const run = room.run('writes-garbage', { request: { text: 'hi' } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'Hello, you said: hi' });
    expect(run.ofType('unparsed').map((event) => event.data.raw)).toEqual([
      'Warning: something',
      { method: 'novel/thing', params: { x: 1 } },
      { sessionId: 'conversation', update: { sessionUpdate: 'hologram', x: 1 } },
      { jsonrpc: '2.0', id: 4711, result: {} },
    ]);
  });

  it('that writes nothing else than such lines is ended', async () => {
    await expect(room.run('writes-only-garbage').outcome()).rejects.toMatchObject({
      code: 'agent_protocol_error',
    });
  });

  it('that writes a line without end is ended', async () => {
    await expect(room.run('writes-a-line-without-end').outcome()).rejects.toMatchObject({
      code: 'agent_protocol_error',
    });
  });

  it('that floods is read whole, in events of a bounded size', async () => {
    const host = createTestHost();
    const run = acp(room.options('floods')).run(createRunRequest({ cwd: room.cwd }), host);
    let streamed = 0;
    let received = 0;
    let longest = 0;
    const count = (event: ProviderEvent): void => {
      if (event.type === 'message_streamed') streamed += event.data.text.length;
      if (event.type !== 'message_received') return;
      received += event.data.text.length;
      longest = Math.max(longest, event.data.text.length);
    };
    for await (const event of run) count(event);
    host.end();
    expect([streamed, received]).toEqual([100_000_000, 100_000_000]);
    expect(longest).toBeLessThanOrEqual(1024 * 1024);
  });

  it('that cancels its turn by itself has failed', async () => {
    await expect(room.run('cancels-itself').outcome()).rejects.toMatchObject({ code: 'agent_failed' });
  });
});

describe('an agent gets', () => {
  it('no files and no terminals of ours, also when it asks', async () => {
    const run = room.run('wants-files-and-terminals');
    await expect(run.outcome()).resolves.toMatchObject({ output: '-32601 -32601 -32601' });
    expect(run.ofType('unparsed').map((event) => event.data.raw)).toMatchObject([
      { method: 'fs/read_text_file' },
      { method: 'fs/write_text_file' },
      { method: 'terminal/create' },
    ]);
  });

  it('no permission that holds for longer than one call', async () => {
    const run = room.run('offers-only-for-ever');
    await expect(run.outcome()).resolves.toMatchObject({ output: 'no' });
    expect(run.host.questions).toMatchObject([{ call: { command: 'ls' }, answer: { decision: 'allow' } }]);
  });

  it('the model and the mode that are asked for, or the run is refused before the prompt', async () => {
    const asked = { request: { model: 'large', native: { mode: 'yolo' }, text: 'x' } };
    const run = room.run('has-options', asked);
    await expect(run.outcome()).resolves.toMatchObject({ output: 'large yolo Hello, you said: x' });
    expect(run.ofType('agent_started')[0]?.data).toMatchObject({
      model: 'large',
      nativePermissionMode: 'yolo',
      version: '1.2.3',
      projectTrusted: true,
    });
    const current = room.run('has-options', { request: { native: { mode: 'ask' }, text: 'y' } });
    await expect(current.outcome()).resolves.toMatchObject({ output: 'small ask Hello, you said: y' });
    expect(current.ofType('agent_started')[0]?.data).toMatchObject({ nativePermissionMode: 'ask' });
    await expect(room.run('has-options', { request: { model: 'huge' } }).outcome()).rejects.toMatchObject({
      code: 'model_not_found',
    });
    await expect(room.run('well', { request: { model: 'large' } }).outcome()).rejects.toMatchObject({
      code: 'capability_not_supported',
    });
    await expect(
      room.run('has-options', { request: { native: { mode: 'secret' } } }).outcome(),
    ).rejects.toMatchObject({ code: 'capability_not_supported' });
  });
});

describe('a run is refused', () => {
  it.each([
    [{ permissionMode: 'plan' }, 'capability_not_supported'],
    [{ maxTurns: 3 }, 'capability_not_supported'],
    [{ systemPrompt: 'Be brief.' }, 'capability_not_supported'],
    [{ outputSchema: { type: 'object' } }, 'capability_not_supported'],
    [{ cwd: '/no/such/folder' }, 'invalid_input'],
    [{ messages: [{ role: 'user', text: ' ' }] }, 'invalid_input'],
  ] as const)('for %j', async (request, code) => {
    const run = room.run('well', { request });
    await expect(run.outcome()).rejects.toMatchObject({ code });
    expect(run.events).toEqual([]);
  });
});

describe('an earlier conversation', () => {
  const handle = { id: 'conversation', runId: createRunRequest({ cwd: '/' }).runId };

  it('is loaded where it cannot be resumed, and what was said is not told again', async () => {
    const run = room.run('loads', { request: { text: 'more', resume: { handle, fork: false } } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'Hello, you said: more' });
    expect(run.ofType('agent_started')[0]?.data.continuity).toBe('native');
    expect(run.ofType('message_received')).toHaveLength(1);
  });

  it('can not go on with an agent that does not keep any', async () => {
    const run = room.run('well', { request: { resume: { handle, fork: false } } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'resume_failed' });
    const fork = room.run('loads', { request: { resume: { handle, fork: true } } });
    await expect(fork.outcome()).rejects.toMatchObject({ code: 'capability_not_supported' });
  });
});

it('tells the calls that the agent makes without asking', async () => {
  const run = room.run('asks-nothing');
  await run.outcome();
  expect(run.host.questions).toEqual([]);
  expect(run.ofType('tool_call_started')).toMatchObject([{ data: { tool: 'read', kind: 'read' } }]);
  expect(run.ofType('tool_call_completed')).toMatchObject([{ data: { output: 'seen' } }]);
});

it('the next run after all these is as if nothing had happened', async () => {
  await room.nextRunWorks();
});
