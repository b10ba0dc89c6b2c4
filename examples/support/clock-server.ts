// A server of the Model Context Protocol with one tool: it tells the year that its environment says.
import { createInterface } from 'node:readline';

const tool = {
  name: 'year',
  description: 'Tells which year it is.',
  inputSchema: { type: 'object', properties: {} },
};

const answers: Readonly<Record<string, (parameters: { readonly protocolVersion?: string }) => object>> = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'clock', version: '1' },
  }),
  'tools/list': () => ({ tools: [tool] }),
  'tools/call': () => ({ content: [{ type: 'text', text: `It is ${process.env['CLOCK_YEAR']}.` }] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = answers[method]?.(params ?? {}) ?? {};
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
}
