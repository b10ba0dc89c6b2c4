import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import { startBridge, type Bridge, type BridgeHandlers } from '../../src/bridge/bridge-server.ts';
import { clientToolServer, withClientToolServer } from '../../src/bridge/helper-program.ts';
import type { ClientToolDescription } from '../../src/domain/client-tool.ts';
import type { JsonObject } from '../../src/domain/json.ts';

const weather: ClientToolDescription = {
  name: 'weather',
  description: 'Tells the "weather" of a town.\n',
  inputSchema: { type: 'object', properties: { town: { type: 'string' } } },
  readOnly: true,
};

/** A real client of the protocol, with the program as its server. */
async function openClient(
  handlers: BridgeHandlers,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly client: Client; readonly bridge: Bridge } & AsyncDisposable> {
  const bridge = await startBridge({ tools: [weather], ...handlers }, { cookie: 'cookie-of-a-bridge-test' });
  const server = clientToolServer(bridge);
  if (server.type !== 'stdio') expect.fail('a server on standard input and output');
  const transport = new StdioClientTransport({
    command: server.command,
    args: [...(server.arguments ?? [])],
    env: { ...server.environment, ...environment },
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  return {
    client,
    bridge,
    async [Symbol.asyncDispose]() {
      await client.close();
      await bridge.close();
    },
  };
}

describe('the server of client tools', () => {
  it('offers the tools of the run and passes their calls on', async () => {
    const calls: [string, JsonObject][] = [];
    await using room = await openClient({
      callTool: (name, input) => {
        calls.push([name, input]);
        return Promise.resolve({ text: 'It snows.', failed: false });
      },
    });
    await room.client.ping();
    const { tools } = await room.client.listTools();
    expect(tools).toMatchObject([
      {
        name: 'weather',
        description: weather.description,
        inputSchema: weather.inputSchema,
        annotations: { readOnlyHint: true },
      },
    ]);
    const result = await room.client.callTool({ name: 'weather', arguments: { town: 'Kiruna' } });
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'It snows.' }], isError: false });
    expect(calls).toEqual([['weather', { town: 'Kiruna' }]]);
  });

  it('passes two calls on at once, long ones and hostile names too', async () => {
    const both = Promise.withResolvers<void>();
    const names: string[] = [];
    await using room = await openClient({
      callTool: async (name, input) => {
        names.push(name);
        if (names.length === 2) both.resolve();
        await both.promise;
        return { text: `${JSON.stringify(input).length}`, failed: false };
      },
    });
    const hostile = '__proto__"\n\u2028{"failed":false}';
    const [long, other] = await Promise.all([
      room.client.callTool({ name: 'weather', arguments: { town: 'x'.repeat(5_000_000) } }),
      room.client.callTool({ name: hostile, arguments: {} }),
    ]);
    expect(long).toMatchObject({ content: [{ text: '5000011' }] });
    expect(other).toMatchObject({ content: [{ text: '2' }] });
    expect(names.toSorted()).toEqual([hostile, 'weather']);
  });

  it('takes a call back that its client cancels', async () => {
    const withdrawn = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await using room = await openClient({
      callTool: (_name, _input, { signal }) => {
        signal.addEventListener('abort', () => withdrawn.resolve(), { once: true });
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    const cancel = new AbortController();
    const call = room.client.callTool({ name: 'weather', arguments: {} }, undefined, {
      signal: cancel.signal,
    });
    call.catch(() => undefined);
    await asked.promise;
    cancel.abort();
    await withdrawn.promise;
    await expect(call).rejects.toThrow(/abort/i);
  });

  it('tells a call as failed when the bridge is gone, and lives on', async () => {
    await using room = await openClient({});
    await room.bridge.close();
    const result = await room.client.callTool({ name: 'weather', arguments: {} });
    expect(result).toMatchObject({ isError: true });
    await room.client.ping();
  });

  it('offers nothing with a wrong token', async () => {
    await using room = await openClient({}, { ASM_BRIDGE_TOKEN: 'guessed' });
    await expect(room.client.listTools()).rejects.toThrow('The token is wrong.');
    const result = await room.client.callTool({ name: 'weather', arguments: {} });
    expect(result).toMatchObject({ isError: true, content: [{ text: 'The token is wrong.' }] });
  });

  it('is refused beside a server of the same name', async () => {
    await using bridge = await startBridge({}, { cookie: 'cookie-of-a-bridge-test' });
    const own = { type: 'http', url: 'http://127.0.0.1:9' } as const;
    expect(Object.keys(withClientToolServer({ own }, bridge))).toEqual(['own', 'client']);
    expect(() => withClientToolServer({ client: own }, bridge)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
});
