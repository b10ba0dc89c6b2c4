import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClientToolDescription, ClientToolResult } from '../../src/domain/client-tool.ts';
import type { JsonValue } from '../../src/domain/json.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import type { ModelToolUse, ModelTurn } from '../../src/testing/model-server/model-turn.ts';
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
});

const weather: ClientToolDescription = {
  name: 'weather',
  description: 'Tells the weather of a town.',
  inputSchema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
  readOnly: true,
};

function forecast(town: string): ModelToolUse {
  return { name: 'mcp__client__weather', input: { town } };
}

describe('tools that are not Amp’s own, or use another', () => {
  it('are asked about as what they are; a cancel ends the one that is being called, and all that was opened', async () => {
    const input = { cmd: 'echo {}', title: 'Numbers', chartType: 'bar', xColumn: 'x', yColumn: 'y' };
    await using room = await openAgentRoom([
      { tools: [{ name: 'chart', input }] },
      { tools: [{ name: 'mcp__lab__add', input: { a: 20, b: 22 } }] },
      // Two of one answer are each called by its own.
      { tools: [forecast('Kiruna'), forecast('Rome')] },
      { tools: [forecast('Nowhere')] },
      { text: 'never' },
    ]);
    const towns: (JsonValue | undefined)[] = [];
    const called = Promise.withResolvers<void>();
    const run = room.run({
      request: { mcpServers: await labServer(room), clientTools: [weather] },
      authorize: async ({ tool }) => {
        if (tool !== 'mcp:lab/add') return { decision: 'allow' };
        // The secrets of a server are neither on a command line nor readable by others.
        const commands = await commandLines(run);
        expect(commands.some((words) => words.includes('--stream-json-input'))).toBe(true);
        expect(commands.flat().join(' ')).not.toContain('geheim');
        return { decision: 'allow' };
      },
      callTool: (_name, { town }) => {
        if (town === 'Nowhere') {
          called.resolve();
          return new Promise<ClientToolResult>(() => undefined);
        }
        towns.push(town);
        return { text: 'Snow.', failed: false };
      },
    });
    await called.promise;
    const calls = run.host.questions.map(({ call }) => call);
    expect(calls).toMatchObject([
      { tool: 'chart' },
      { tool: 'bash' },
      { tool: 'mcp:lab/add', kind: 'other' },
      { tool: 'client:weather', kind: 'read', name: 'weather' },
      { tool: 'client:weather' },
      { tool: 'client:weather' },
    ]);
    expect(calls[1]?.lineage).toEqual({ parentToolCallId: calls[0]?.id });
    expect(calls[1]?.id).not.toBe(calls[0]?.id);
    expect(towns.toSorted()).toEqual(['Kiruna', 'Rome']);
    const outputs = run.ofType('tool_call_completed').map(({ data }) => [data.tool, data.output]);
    expect(outputs.slice(-3)).toEqual([
      ['mcp:lab/add', 'the sum is 42, the secret has 6 letters'],
      ['client:weather', 'Snow.'],
      ['client:weather', 'Snow.'],
    ]);

    const server = (await commandLines(run)).find((words) =>
      words.some((word) => word.includes('tool-server')),
    );
    const socket = server?.findLast((word) => word !== '') ?? '';
    expect(existsSync(socket)).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await run.processes()).toEqual([]);
    expect(existsSync(dirname(socket))).toBe(false);
    expect(room.server.mainRequests).toHaveLength(4);
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
