import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { isSupported } from '../../domain/capability.ts';
import type { ClientToolDescription, ClientToolResult } from '../../domain/client-tool.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { McpServer } from '../../ports/provider.ts';
import { mcpServerProgram } from './mcp-server-program.ts';
import type { ProviderCase } from './provider-case.ts';
import type { ProviderRoom } from './provider-room.ts';

async function labServer(room: ProviderRoom): Promise<{ readonly [name: string]: McpServer }> {
  const program = room.file('lab-server.mjs');
  await writeFile(program, mcpServerProgram);
  return {
    lab: {
      type: 'stdio',
      command: process.execPath,
      arguments: [program],
      environment: { LAB_SECRET: 'geheim' },
    },
  };
}

const weather: ClientToolDescription = {
  name: 'weather',
  description: 'Tells the weather of a town.',
  inputSchema: {
    type: 'object',
    properties: { town: { type: 'string' } },
    required: ['town'],
    additionalProperties: false,
  },
  readOnly: false,
};

/** Tools that aren't the agent's own. */
export const foreignToolCases: readonly ProviderCase[] = [
  {
    name: 'uses a tool of an MCP server, which gets its environment',
    claims: ['mcp_servers', 'tool_events'],
    async run(room) {
      const mcpServers = await labServer(room);
      const run = await room.start(
        [{ mcp: { server: 'lab', tool: 'add', input: { a: 20, b: 22 } } }, { say: 'Added.' }],
        { mcpServers },
      );
      await room.outcome(run);
      const [completed] = run.ofType('tool_call_completed');
      assert.equal(completed?.data.tool, 'mcp:lab/add', 'the name of the tool');
      const expected = 'the sum is 42, the secret has 6 letters';
      assert.ok(JSON.stringify(completed.data.output).includes(expected), 'the output of the tool');
      assert.ok(
        room.fixture.heard().some((text) => text.includes(expected)),
        'the model heard the result',
      );
      if (isSupported(room.subject.capabilities, 'approval_before_tool')) {
        assert.deepEqual(
          run.host.questions.map(({ call }) => call.tool),
          ['mcp:lab/add'],
          'the questions',
        );
      }
    },
  },
  {
    name: 'offers the functions of the caller and tells the model what they gave',
    claims: ['client_tools', 'tool_events'],
    async run(room) {
      const calls: (readonly [string, JsonObject])[] = [];
      const callTool = (name: string, input: JsonObject): ClientToolResult => {
        calls.push([name, input]);
        return { text: 'It snows in summer.', failed: false };
      };
      const run = await room.start(
        [{ client: { tool: 'weather', input: { town: 'Kiruna' } } }, { say: 'It snows.' }],
        { clientTools: [weather], callTool },
      );
      await room.outcome(run);
      assert.deepEqual(calls, [['weather', { town: 'Kiruna' }]], 'the calls of the function');
      assert.equal(run.ofType('tool_call_completed')[0]?.data.tool, 'client:weather', 'the name of the tool');
      assert.ok(
        room.fixture.heard().some((text) => text.includes('It snows in summer.')),
        'the model heard what the function gave',
      );
      await room.nothingLeft(run);
    },
  },
  {
    name: 'tells that a function of the caller failed, and goes on',
    claims: ['client_tools', 'tool_events'],
    async run(room) {
      const callTool = (): ClientToolResult => ({ text: 'The station is under water.', failed: true });
      const run = await room.start(
        [{ client: { tool: 'weather', input: { town: 'Kiruna' } } }, { say: 'No weather today.' }],
        { clientTools: [weather], callTool },
      );
      const outcome = await room.outcome(run);
      assert.equal(outcome.output, 'No weather today.');
      assert.equal(run.ofType('tool_call_failed')[0]?.data.reason, 'error', 'the reason');
      assert.ok(
        room.fixture.heard().some((text) => text.includes('The station is under water.')),
        'the model heard why',
      );
    },
  },
  {
    name: 'does not call a function of the caller that was denied',
    claims: ['client_tools', 'approval_before_tool'],
    async run(room) {
      let calls = 0;
      const callTool = (): ClientToolResult => {
        calls++;
        return { text: 'Sunny.', failed: false };
      };
      const run = await room.start(
        [{ client: { tool: 'weather', input: { town: 'Kiruna' } } }, { say: 'Well then.' }],
        {
          clientTools: [weather],
          callTool,
          authorize: () => ({ decision: 'deny', reason: 'No weather.' }),
        },
      );
      await room.outcome(run);
      assert.equal(calls, 0, 'calls of the function');
      assert.deepEqual(
        run.host.questions.map(({ call }) => [call.tool, call.kind]),
        [['client:weather', 'client']],
        'the questions',
      );
    },
  },
];
