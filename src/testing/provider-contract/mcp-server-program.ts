import type { JsonObject } from '../../domain/json.ts';

/** The one tool of an MCP server. */
export interface ServedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  /** JavaScript of a function's body, which has the call's `input` and returns the text of its result. */
  readonly body: string;
  /** A resource that the server has besides. */
  readonly resource?: { readonly uri: string; readonly text: string };
}

/** The source of an MCP server for Node.js with one tool. */
export function mcpServerOf({ body, resource, ...tool }: ServedTool): string {
  const capabilities = { tools: {}, ...(resource === undefined ? {} : { resources: {} }) };
  const resources = resource === undefined ? [] : [{ uri: resource.uri, name: 'the resource' }];
  return `
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
const call = (input) => {
  ${body}
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    const serverInfo = { name: 'lab', version: '1.0.0' };
    answer(id, { protocolVersion: params.protocolVersion, capabilities: ${JSON.stringify(capabilities)}, serverInfo });
  } else if (method === 'tools/list') answer(id, { tools: [${JSON.stringify(tool)}] });
  else if (method === 'tools/call') {
    answer(id, { content: [{ type: 'text', text: call(params.arguments) }] });
  } else if (method === 'resources/list') answer(id, { resources: ${JSON.stringify(resources)} });
  else if (method === 'resources/read') {
    answer(id, { contents: [{ uri: params.uri, text: ${JSON.stringify(resource?.text ?? '')} }] });
  } else if (id !== undefined) answer(id, {});
}
`;
}

/**
 * A server whose tool `add` adds `a` and `b`. The text of its result also has how many letters the variable
 * `LAB_SECRET` has, to show that it got its environment.
 */
export const mcpServerProgram: string = mcpServerOf({
  name: 'add',
  description: 'Adds two numbers.',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
  body: `const letters = (process.env.LAB_SECRET ?? '').length;
  return 'the sum is ' + (input.a + input.b) + ', the secret has ' + letters + ' letters';`,
});
