/**
 * The source of an MCP server for Node.js with one tool, `add`, that adds `a` and `b`. The text of its
 * result also has how many letters the variable `LAB_SECRET` has, to show that it got its environment.
 */
export const mcpServerProgram = `
import { createInterface } from 'node:readline';
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
const number = { type: 'number' };
const inputSchema = { type: 'object', properties: { a: number, b: number }, required: ['a', 'b'] };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    const serverInfo = { name: 'lab', version: '1.0.0' };
    answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo });
  } else if (method === 'tools/list') {
    answer(id, { tools: [{ name: 'add', description: 'Adds two numbers.', inputSchema }] });
  } else if (method === 'tools/call') {
    const { a, b } = params.arguments;
    const text = 'the sum is ' + (a + b) + ', the secret has ' + (process.env.LAB_SECRET ?? '').length + ' letters';
    answer(id, { content: [{ type: 'text', text }] });
  } else if (id !== undefined) answer(id, {});
}
`;
