import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClientToolDescription, ClientToolResult } from '../../src/domain/client-tool.ts';
import type { JsonValue } from '../../src/domain/json.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { mcpServerProgram } from '../../src/testing/provider-contract/mcp-server-program.ts';
import type { AgentRoom, RoomRun } from '../agent/agent-room.ts';
import { bash, openAgentRoom } from './agent-room.ts';

/** A script for the main thread, and one for the subagent that is told `task`. */
function twoScripts(
  task: string,
  main: readonly ModelTurn[],
  sub: readonly ModelTurn[],
): (request: ModelRequest) => ModelTurn {
  const taken = { main: 0, sub: 0 };
  return (request) => {
    const isSub = !conversationTexts(request).includes('Do what the script says.');
    const turn =
      isSub && conversationTexts(request).some((text) => text.includes(task))
        ? sub[taken.sub++]
        : main[taken.main++];
    return turn ?? { text: 'The script is over.' };
  };
}

describe('calls', () => {
  it('of a subagent are asked about, with who makes them, and end with it', async () => {
    const task = 'Look for the blue door.';
    const begin = { tools: [{ name: 'Task', input: { prompt: task, description: 'find it' } }] };
    await using room = await openAgentRoom(
      twoScripts(
        task,
        [begin, { text: 'The helper is done.' }],
        [{ tools: [bash('touch helped')] }, { tools: [bash('touch refused')] }, { text: 'No door.' }],
      ),
    );
    const run = room.run({
      authorize: (call) =>
        call.command === 'touch refused' ? { decision: 'deny', reason: 'not that' } : { decision: 'allow' },
    });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'The helper is done.' });
    const [parent, ...inner] = run.host.questions.map(({ call }) => call);
    expect([parent?.tool, ...inner.map(({ command }) => command)]).toEqual([
      'agent',
      'touch helped',
      'touch refused',
    ]);
    const lineage = { parentToolCallId: parent?.id, agentId: parent?.id, agentType: 'Task' };
    for (const call of inner) expect(call.lineage).toEqual(lineage);
    expect(run.ofType('subagent_started')).toMatchObject([{ data: { description: 'find it' } }]);
    expect(run.ofType('subagent_completed')).toMatchObject([{ data: { status: 'completed' } }]);
    expect(run.ofType('tool_call_completed').map(({ data }) => data.toolCallId)).toEqual([
      inner[0]?.id,
      parent?.id,
    ]);
    expect(run.ofType('tool_call_failed')).toMatchObject([
      { data: { toolCallId: inner[1]?.id, reason: 'denied' } },
    ]);
    expect([existsSync(join(room.cwd, 'helped')), existsSync(join(room.cwd, 'refused'))]).toEqual([
      true,
      false,
    ]);
  });

  it('of a tool that uses another are asked about twice, each under its own id', async () => {
    const input = { cmd: 'echo {}', title: 'Numbers', chartType: 'bar', xColumn: 'x', yColumn: 'y' };
    await using room = await openAgentRoom([{ tools: [{ name: 'chart', input }] }, { text: 'end' }]);
    const run = room.run();
    await run.outcome();
    const [chart, inner] = run.host.questions.map(({ call }) => call);
    expect([chart?.tool, inner?.tool]).toEqual(['chart', 'bash']);
    expect(inner?.lineage).toEqual({ parentToolCallId: chart?.id });
    expect(inner?.id).not.toBe(chart?.id);
  });

  it('of an MCP server, whose secrets are neither on the command line nor readable by others', async () => {
    await using room = await openAgentRoom([
      { tools: [{ name: 'mcp__lab__add', input: { a: 20, b: 22 } }] },
      { text: 'end' },
    ]);
    const run = room.run({
      request: { mcpServers: await labServer(room) },
      authorize: async () => {
        const commands = await commandLines(run);
        expect(commands.some((words) => words.includes('--stream-json-input'))).toBe(true);
        expect(commands.flat().join(' ')).not.toContain('geheim');
        return { decision: 'allow' };
      },
    });
    await run.outcome();
    expect(run.host.questions).toMatchObject([{ call: { tool: 'mcp:lab/add', kind: 'other' } }]);
    expect(run.ofType('tool_call_completed')).toMatchObject([
      { data: { tool: 'mcp:lab/add', output: 'the sum is 42, the secret has 6 letters' } },
    ]);
  });
});

const weather: ClientToolDescription = {
  name: 'weather',
  description: 'Tells the weather of a town.',
  inputSchema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
  readOnly: true,
};
const forecast = { name: 'mcp__client__weather', input: { town: 'Kiruna' } };

describe('client tools', () => {
  it('are asked about as what they are, two of one answer each by its own', async () => {
    await using room = await openAgentRoom([
      { tools: [forecast, { ...forecast, input: { town: 'Rome' } }] },
      { text: 'end' },
    ]);
    const towns: (JsonValue | undefined)[] = [];
    const run = room.run({
      request: { clientTools: [weather] },
      callTool: (_name, input) => {
        towns.push(input['town']);
        return { text: 'Snow.', failed: false };
      },
    });
    await run.outcome();
    expect(run.host.questions).toMatchObject([
      { call: { tool: 'client:weather', kind: 'read', name: 'weather' } },
      { call: { tool: 'client:weather' } },
    ]);
    expect(towns.toSorted()).toEqual(['Kiruna', 'Rome']);
    expect(run.ofType('tool_call_completed').map(({ data }) => data.output)).toEqual(['Snow.', 'Snow.']);
  });

  it('that are being called end with a cancelled run, and so does all that was opened for them', async () => {
    await using room = await openAgentRoom([{ tools: [forecast] }, { text: 'never' }]);
    const called = Promise.withResolvers<void>();
    const run = room.run({
      request: { clientTools: [weather] },
      callTool: () => {
        called.resolve();
        return new Promise<ClientToolResult>(() => undefined);
      },
    });
    await called.promise;
    const server = (await commandLines(run)).find((words) =>
      words.some((word) => word.includes('tool-server')),
    );
    const socket = server?.findLast((word) => word !== '') ?? '';
    expect(existsSync(socket)).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await run.processes()).toEqual([]);
    expect(existsSync(dirname(socket))).toBe(false);
    expect(room.server.mainRequests).toHaveLength(1);
  });

  it('are refused beside a server of their name, before anything starts', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const client = { type: 'http', url: 'http://127.0.0.1:9' } as const;
    const run = room.run({ request: { clientTools: [weather], mcpServers: { client } } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_input' });
    expect(room.server.requests).toHaveLength(0);
  });
});

async function labServer(room: AgentRoom) {
  const program = join(room.home, 'lab-server.mjs');
  await writeFile(program, mcpServerProgram);
  const environment = { LAB_SECRET: 'geheim' };
  return { lab: { type: 'stdio', command: process.execPath, arguments: [program], environment } } as const;
}

/** The command lines of the processes of a run, in words. */
async function commandLines(run: RoomRun): Promise<readonly (readonly string[])[]> {
  return (await run.processes()).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
}
