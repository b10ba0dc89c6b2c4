import { mcpServerOf } from '../../src/testing/provider-contract/mcp-server-program.ts';

/** The source of an MCP server with one tool, `touch`, that makes the file at `path`. */
export const touchServerProgram: string = mcpServerOf({
  name: 'touch',
  description: 'Makes a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  body: `writeFileSync(input.path, 'made by the server');
  return 'made';`,
});
