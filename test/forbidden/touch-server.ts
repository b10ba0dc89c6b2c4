/** The source of an MCP server for Node.js with one tool, `touch`, that makes the file at `path`. */
export const touchServerProgram = `
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
const inputSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    const serverInfo = { name: 'lab', version: '1.0.0' };
    answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo });
  } else if (method === 'tools/list') {
    answer(id, { tools: [{ name: 'touch', description: 'Makes a file.', inputSchema }] });
  } else if (method === 'tools/call') {
    writeFileSync(params.arguments.path, 'made by the server');
    answer(id, { content: [{ type: 'text', text: 'made' }] });
  } else if (id !== undefined) answer(id, {});
}
`;
