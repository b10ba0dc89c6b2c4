import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { askBridge } from '../../src/bridge/bridge-client.ts';
import { makeBridgeFolder } from '../../src/bridge/bridge-folder.ts';
import { startBridge, type Bridge, type BridgeHandlers } from '../../src/bridge/bridge-server.ts';
import { startClientToolBridge } from '../../src/bridge/client-tool-bridge.ts';
import type { ClientToolResult } from '../../src/domain/client-tool.ts';
import { AsmError } from '../../src/domain/error.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';

const options = { cookie: 'cookie-of-a-bridge-test' };

/** Counts its calls, and allows everything. */
function countingHandlers(): BridgeHandlers & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    authorize: () => {
      calls.push('authorize');
      return Promise.resolve({ decision: 'allow' });
    },
    callTool: (name) => {
      calls.push(name);
      return Promise.resolve({ text: 'done', failed: false });
    },
  };
}

function ask(bridge: Bridge, token = bridge.environment['ASM_BRIDGE_TOKEN'] ?? ''): Promise<JsonValue> {
  return askBridge({ socket: bridge.socket, token }, { type: 'authorize', payload: { input: '{}' } });
}

/** Writes what no helper program would, and reads all that comes back. */
async function say(bridge: Bridge, said: string): Promise<string> {
  const socket = connect(bridge.socket);
  socket.on('error', () => undefined);
  socket.write(said);
  return await text(socket);
}

describe('the bridge of client tools', () => {
  it('makes each allowed call once, and none that was not allowed', async () => {
    const tools = [{ name: 'weather', description: 'x', inputSchema: {}, readOnly: false }];
    const calls: string[] = [];
    const callTool = (name: string, input: JsonObject): Promise<ClientToolResult> => {
      calls.push(`${name} ${JSON.stringify(input)}`);
      return Promise.resolve({ text: 'Sunny.', failed: false });
    };
    await using bridge = await startClientToolBridge({ clientTools: tools, ...options }, { callTool });
    const address = {
      socket: bridge?.socket ?? '',
      token: bridge?.environment['ASM_BRIDGE_TOKEN'] ?? '',
    };
    const call = (town: string): Promise<JsonValue> =>
      askBridge(address, { type: 'call', name: 'weather', input: { town } });
    await expect(call('Lagos')).resolves.toMatchObject({ failed: true });
    bridge?.allow('other', { town: 'Lagos' });
    bridge?.allow('weather', { town: 'Lagos' });
    bridge?.allow('weather', { town: 'Ravenna' }, { town: 'Esbjerg' });
    // With another input than was allowed it is another call.
    await expect(call('Esbjerg')).resolves.toMatchObject({ failed: true });
    for (const town of ['Lagos', 'Ravenna']) {
      await expect(call(town)).resolves.toEqual({ text: 'Sunny.', failed: false });
      await expect(call(town)).resolves.toMatchObject({ failed: true });
    }
    expect(calls).toEqual(['weather {"town":"Lagos"}', 'weather {"town":"Esbjerg"}']);
  });

  it('is not opened for a run without them', async () => {
    const callTool = (): Promise<never> => expect.fail('nothing is called');
    expect(await startClientToolBridge({ clientTools: [], ...options }, { callTool })).toBeUndefined();
  });
});

describe('the bridge', () => {
  it('is a socket that only we may use', async () => {
    await using bridge = await startBridge({}, options);
    expect((await stat(bridge.folder)).mode & 0o777).toBe(0o700);
    expect((await stat(bridge.socket)).mode & 0o777).toBe(0o600);
    expect(bridge.environment['ASM_RUN_COOKIE']).toBe(options.cookie);
  });

  it.each([
    ['another token', (token: string) => `${token}x`],
    ['no token', () => ''],
    ['a part of it', (token: string) => token.slice(0, -1)],
  ])('does nothing for who shows %s', async (_name, change) => {
    const handlers = countingHandlers();
    await using bridge = await startBridge(handlers, options);
    const token = change(bridge.environment['ASM_BRIDGE_TOKEN'] ?? '');
    await expect(ask(bridge, token)).rejects.toMatchObject({ message: 'The token is wrong.' });
    expect(handlers.calls).toEqual([]);
    await expect(ask(bridge)).resolves.toEqual({ decision: 'allow' });
  });

  it.each([
    ['a request without a token', '{"type":"call","name":"x","input":{}}\n', 'token is wrong'],
    ['garbage', '\0\0\0\n', 'token is wrong'],
    ['a first line without end', 'x'.repeat(100_000), 'may have'],
  ])('answers %s with an error', async (_name, said, answer) => {
    const handlers = countingHandlers();
    await using bridge = await startBridge(handlers, options);
    expect(await say(bridge, said)).toContain(answer);
    expect(handlers.calls).toEqual([]);
  });

  it.each([
    ['no JSON', 'nonsense', 'no request'],
    ['an unknown question', '{"type":"everything"}', 'no request'],
    ['a call without input', '{"type":"call","name":"x"}', 'no request'],
    ['a line that is too long', 'x'.repeat(17 * 1024 * 1024), 'may have'],
  ])('answers %s from who knows the token with an error', async (_name, said, answer) => {
    const handlers = countingHandlers();
    await using bridge = await startBridge(handlers, options);
    const token = JSON.stringify({ token: bridge.environment['ASM_BRIDGE_TOKEN'] });
    expect(await say(bridge, `${token}\n${said}\n`)).toContain(answer);
    expect(handlers.calls).toEqual([]);
  });

  it('answers one request on a connection, and no more', async () => {
    const handlers = countingHandlers();
    await using bridge = await startBridge(handlers, options);
    const token = JSON.stringify({ token: bridge.environment['ASM_BRIDGE_TOKEN'] });
    const call = '{"type":"call","name":"first","input":{}}\n{"type":"call","name":"second","input":{}}\n';
    expect(await say(bridge, `${token}\n${call}`)).toBe('{"result":{"text":"done","failed":false}}\n');
    expect(handlers.calls).toEqual(['first']);
  });

  it('gives no answer for ever to nobody: a deadline ends the question', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const authorize: BridgeHandlers['authorize'] = (_payload, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => undefined);
    };
    await using bridge = await startBridge({ authorize }, { ...options, deadline: 50 });
    await expect(ask(bridge)).rejects.toMatchObject({ message: 'There was no answer in time.' });
    expect((await asked.promise).aborted).toBe(true);
  });

  it('does not answer what a cancelled run was asked', async () => {
    const refused = Promise.withResolvers<void>();
    const authorize: BridgeHandlers['authorize'] = () => {
      refused.resolve();
      return Promise.reject(new AsmError('cancelled', 'The run was cancelled.'));
    };
    const bridge = await startBridge({ authorize }, options);
    const question = ask(bridge);
    question.catch(() => undefined);
    await refused.promise;
    await bridge.close();
    await expect(question).rejects.toMatchObject({
      message: 'The session manager went away before it answered.',
    });
  });

  it('denies where nobody decides, and has no tools where there are none', async () => {
    await using bridge = await startBridge({}, options);
    await expect(ask(bridge)).rejects.toMatchObject({ code: 'invalid_operation' });
    const address = { socket: bridge.socket, token: bridge.environment['ASM_BRIDGE_TOKEN'] ?? '' };
    await expect(askBridge(address, { type: 'tools' })).resolves.toEqual([]);
  });

  it('is gone when it is closed, twice too, and whoever asks then gets no answer', async () => {
    const bridge = await startBridge(countingHandlers(), options);
    await Promise.all([bridge.close(), bridge.close()]);
    await expect(ask(bridge)).rejects.toMatchObject({ code: 'invalid_operation' });
    await expect(readdir(bridge.folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('has an address that every system takes, also where the folder for temporary files has a long name', async () => {
    for (const temporary of [tmpdir(), `/tmp/${'long'.repeat(30)}`]) {
      const folder = await makeBridgeFolder(temporary);
      expect(Buffer.byteLength(folder.socket)).toBeLessThan(104);
      await folder.remove();
    }
  });
});
