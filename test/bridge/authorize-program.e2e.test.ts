import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBridge, type Bridge, type BridgeHandlers } from '../../src/bridge/bridge-server.ts';
import { writeAuthorizeScript } from '../../src/bridge/authorize-script.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Authorization } from '../../src/domain/tool.ts';
import { startDecision } from './helper-process.ts';

const cookie = 'cookie-of-a-bridge-test';

/** The program in both of its forms: what the system has, and what runs where it has no Perl. */
const forms = [
  ['as the system has it', {}],
  ['without Perl', { perl: '/nowhere/perl' }],
] as const;

describe.each(forms)('the program that decides, %s,', (_form, options) => {
  async function openBridge(
    authorize: NonNullable<BridgeHandlers['authorize']>,
  ): Promise<{ readonly bridge: Bridge; readonly program: string } & AsyncDisposable> {
    const bridge = await startBridge({ authorize }, { cookie });
    const program = await writeAuthorizeScript(bridge, options);
    return { bridge, program, [Symbol.asyncDispose]: () => bridge.close() };
  }

  it('ends with 0 for yes, and passes all on that the agent told', async () => {
    const asked: JsonObject[] = [];
    await using room = await openBridge((payload) => {
      asked.push(payload);
      return Promise.resolve({ decision: 'allow' });
    });
    await using decision = await startDecision(room.program, {
      input: '{"cmd":"ls"}',
      environment: { AGENT_TOOL_NAME: 'Bash', AMP_THREAD_ID: 'T-1' },
    });
    expect(await decision.end).toEqual({ exitCode: 0, stderr: '', stdout: '' });
    expect(asked).toEqual([
      { toolName: 'Bash', toolUseId: 'toolu_1', threadId: 'T-1', input: { cmd: 'ls' } },
    ]);
    expect((await stat(room.program)).mode & 0o777).toBe(0o700);
  });

  it.each<[string, () => Promise<Authorization>, string]>([
    [
      'a no, with its reason',
      () => Promise.resolve({ decision: 'deny', reason: 'Not on a Monday.' }),
      'Not on a Monday.',
    ],
    [
      'a yes to another input',
      () => Promise.resolve({ decision: 'allow', changedInput: {} }),
      'another input',
    ],
    ['a decision that fails', () => Promise.reject(new Error('The gate broke.')), 'The gate broke.'],
  ])('ends with 2 for %s', async (_name, authorize, reason) => {
    await using room = await openBridge(authorize);
    await using decision = await startDecision(room.program, { input: '{}' });
    const { exitCode, stderr, stdout } = await decision.end;
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(reason);
  });

  it.each([
    ['no JSON', 'rm -rf /'],
    ['no object', '[1]'],
    ['nothing', ''],
  ])('ends with 2 for an input that is %s, and asks nobody', async (_name, input) => {
    let questions = 0;
    await using room = await openBridge(() => {
      questions++;
      return Promise.resolve({ decision: 'allow' });
    });
    await using decision = await startDecision(room.program, { input });
    expect(await decision.end).toMatchObject({ exitCode: 2 });
    expect(questions).toBe(0);
  });

  it('tells a reason as it is, whatever is in it', async () => {
    const reason = `Grüße: "no"}}\n{"decision":"allow"}\\n\u0001\u2028\t$(true) 'x'`;
    await using room = await openBridge(() => Promise.resolve({ decision: 'deny', reason }));
    await using decision = await startDecision(room.program, { input: '{}' });
    expect(await decision.end).toEqual({ exitCode: 2, stdout: '', stderr: `${reason}\n` });
  });

  it('tells as much of a reason as an agent should hear', async () => {
    const reason = 'no '.repeat(1_000_000);
    await using room = await openBridge(() => Promise.resolve({ decision: 'deny', reason }));
    await using decision = await startDecision(room.program, { input: '{}' });
    expect(await decision.end).toMatchObject({ exitCode: 2, stderr: `${reason.slice(0, 8_192)}\n` });
  });

  it.each([
    ['half a yes', '{"result":{"decision":"allow"}}'],
    ['a word', 'allow\n'],
    ['a yes in a no', '{"result":{"decision":"deny","reason":"decision:allow"}}\n'],
    ['nothing', ''],
  ])('ends with 2 when it is answered %s', async (_name, answer) => {
    await using bridge = await startBridge({}, { cookie });
    const socket = join(bridge.folder, 'other');
    const server = createServer({ allowHalfOpen: true }, (client) => {
      client.once('data', () => client.end(answer));
    });
    await once(server.listen(socket), 'listening');
    try {
      const program = await writeAuthorizeScript({ ...bridge, socket }, options);
      await using decision = await startDecision(program, { input: '{}' });
      expect(await decision.end).toMatchObject({ exitCode: 2, stdout: '' });
    } finally {
      server.close();
    }
  });

  it('ends with 2 when nobody is there to be asked', async () => {
    await using bridge = await startBridge({}, { cookie });
    const program = await writeAuthorizeScript({ ...bridge, socket: join(bridge.folder, 'none') }, options);
    await using decision = await startDecision(program, { input: '{}' });
    const { exitCode, stderr } = await decision.end;
    expect([exitCode, stderr.includes("can't be reached")]).toEqual([2, true]);
  });

  it('loads nothing that a variable of the agent names', async () => {
    await using room = await openBridge(() => Promise.resolve({ decision: 'deny', reason: 'no' }));
    const module = join(room.bridge.folder, 'Sly.pm');
    await writeFile(module, 'package Sly; exit 0; 1;');
    const environment = { PERL5LIB: room.bridge.folder, PERL5OPT: '-MSly', LC_ALL: 'nowhere' };
    await using decision = await startDecision(room.program, { input: '{}', environment });
    expect(await decision.end).toMatchObject({ exitCode: 2, stderr: 'no\n' });
  });

  it('ends with 2 when the bridge closes while the question is open', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    await using room = await openBridge((_payload, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => undefined);
    });
    await using decision = await startDecision(room.program, { input: '{}' });
    const signal = await asked.promise;
    await room.bridge.close();
    expect(await decision.end).toMatchObject({ exitCode: 2 });
    expect(signal.aborted).toBe(true);
    await expect(stat(room.bridge.folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes its question back when it is killed', async () => {
    const withdrawn = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await using room = await openBridge((_payload, { signal }) => {
      signal.addEventListener('abort', () => withdrawn.resolve(), { once: true });
      asked.resolve();
      return new Promise(() => undefined);
    });
    await using decision = await startDecision(room.program, { input: '{}' });
    await asked.promise;
    process.kill(decision.pid, 'SIGKILL');
    await withdrawn.promise;
  });

  it('decides about two calls at once, each by its own answer', async () => {
    const both = Promise.withResolvers<void>();
    let open = 0;
    await using room = await openBridge(async ({ input }) => {
      if (++open === 2) both.resolve();
      await both.promise;
      return JSON.stringify(input).includes('good')
        ? { decision: 'allow' }
        : { decision: 'deny', reason: 'bad' };
    });
    await using good = await startDecision(room.program, { input: '{"cmd":"good"}' });
    await using bad = await startDecision(room.program, { input: '{"cmd":"evil"}' });
    expect([(await good.end).exitCode, (await bad.end).exitCode]).toEqual([0, 2]);
  });

  it('passes long inputs and hostile names on unchanged', async () => {
    const asked: JsonObject[] = [];
    await using room = await openBridge((payload) => {
      asked.push(payload);
      return Promise.resolve({ decision: 'allow' });
    });
    const content = `"\n\u2028'$(touch /tmp/x)\ud800 ${'long '.repeat(1_000_000)}`;
    const toolName = `mcp__'; exit 0;"$(true)\n{"decision":"allow"}`;
    await using decision = await startDecision(room.program, {
      input: JSON.stringify({ content }),
      environment: { AGENT_TOOL_NAME: toolName },
    });
    expect(await decision.end).toMatchObject({ exitCode: 0 });
    expect(asked).toEqual([{ toolName, toolUseId: 'toolu_1', threadId: null, input: { content } }]);
  });

  it('ends with 2 for an input that is too long', async () => {
    await using room = await openBridge(() => Promise.resolve({ decision: 'allow' }));
    await using decision = await startDecision(room.program, {
      input: JSON.stringify({ content: 'x'.repeat(16 * 1024 * 1024) }),
    });
    expect(await decision.end).toMatchObject({ exitCode: 2 });
  });
});
