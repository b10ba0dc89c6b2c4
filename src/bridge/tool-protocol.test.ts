import { expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import { createToolProtocol, type ToolProtocol, type ToolSource } from './tool-protocol.ts';

function protocolWith(source: Partial<ToolSource> = {}): ToolProtocol {
  return createToolProtocol({
    tools: () => Promise.resolve([]),
    call: () => Promise.resolve({ text: 'done', failed: false }),
    ...source,
  });
}

function ask(
  protocol: ToolProtocol,
  method: string,
  params: JsonValue = {},
): Promise<JsonObject | undefined> {
  return protocol.take({ jsonrpc: '2.0', id: 1, method, params });
}

it('says hello in the version of the client, and answers a ping', async () => {
  const protocol = protocolWith();
  expect(await ask(protocol, 'initialize', { protocolVersion: '2099-01-01' })).toMatchObject({
    id: 1,
    result: { protocolVersion: '2099-01-01', capabilities: { tools: {} } },
  });
  expect(await ask(protocol, 'initialize', null)).toMatchObject({
    result: { protocolVersion: '2025-06-18' },
  });
  expect(await ask(protocol, 'ping')).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
});

it('lists tools as objects, whatever their schema lacks', async () => {
  const tools = [{ name: 'a', description: 'does a', inputSchema: {}, readOnly: true }, 'nonsense'];
  const protocol = protocolWith({ tools: () => Promise.resolve(tools) });
  expect(await ask(protocol, 'tools/list')).toMatchObject({
    result: {
      tools: [
        {
          name: 'a',
          description: 'does a',
          inputSchema: { type: 'object' },
          annotations: { readOnlyHint: true },
        },
      ],
    },
  });
});

it('tells a failed call from a failed server', async () => {
  const failed = protocolWith({ call: () => Promise.resolve({ text: 'no', failed: true }) });
  expect(await ask(failed, 'tools/call', { name: 'a' })).toMatchObject({
    result: { isError: true, content: [{ type: 'text', text: 'no' }] },
  });
  const gone = protocolWith({
    call: () => Promise.reject(new Error('gone')),
    tools: () => Promise.reject(new Error('gone')),
  });
  expect(await ask(gone, 'tools/call', { name: 'a', arguments: {} })).toMatchObject({
    result: { isError: true, content: [{ text: 'gone' }] },
  });
  expect(await ask(gone, 'tools/list')).toMatchObject({ error: { code: -32_603 } });
});

it.each([
  ['no JSON', undefined, -32_700],
  ['no object', [1], -32_600],
  ['no method', { id: 1 }, -32_600],
  ['an unknown method', { id: 1, method: 'resources/list' }, -32_601],
  ['a call without a name', { id: 1, method: 'tools/call', params: {} }, -32_602],
  [
    'a call with odd arguments',
    { id: 1, method: 'tools/call', params: { name: 'a', arguments: [] } },
    -32_602,
  ],
])('answers %s with an error', async (_name, message, code) => {
  expect(await protocolWith().take(message)).toMatchObject({ error: { code } });
});

it('is silent where no answer is due', async () => {
  const protocol = protocolWith();
  expect(await protocol.take({ method: 'notifications/initialized' })).toBeUndefined();
  expect(await protocol.take({ id: 7, result: {} })).toBeUndefined();
});

it('takes a call back without an answer when the client cancels it, and all when the client is gone', async () => {
  const signals: AbortSignal[] = [];
  const protocol = protocolWith({
    call: (_name, _input, signal) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('taken back')), { once: true });
      });
    },
  });
  const call = (id: string): Promise<JsonObject | undefined> =>
    protocol.take({ id, method: 'tools/call', params: { name: 'slow' } });
  const [first, second] = [call('one'), call('two')];
  await protocol.take({ method: 'notifications/cancelled', params: { requestId: 'one' } });
  expect(await first).toBeUndefined();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  protocol.end();
  expect(await second).toBeUndefined();
});
