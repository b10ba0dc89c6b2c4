import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conversationTexts, toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { mcpServerProgram } from '../../src/testing/provider-contract/mcp-server-program.ts';
import { bash, openAgentRoom } from './agent-room.ts';
import { containing } from '../../src/providers/claude/fixtures/text-matcher.ts';

const isSubagent = (request: ModelRequest): boolean => conversationTexts(request).includes('SUBAGENT: look');

function subagentScript(background: boolean): (request: ModelRequest) => ModelTurn {
  const agent = {
    name: 'Agent',
    input: {
      description: 'look',
      prompt: 'SUBAGENT: look',
      subagent_type: 'general-purpose',
      run_in_background: background,
    },
  };
  return (request) => {
    const isFirst = toolResults(request).length === 0;
    const usage = { input: 700, output: 30 };
    if (isSubagent(request))
      return isFirst
        ? { tools: [bash('ls'), { name: 'Read', input: { file_path: '/etc/hostname' } }], usage }
        : { text: 'I saw it.', usage };
    return isFirst ? { tools: [agent] } : { text: 'end' };
  };
}

describe('every tool call is asked about', () => {
  it.each([
    ['foreground', false],
    ['background', true],
  ])('of a subagent in the %s, with its lineage', async (_name, background) => {
    await using room = await openAgentRoom(subagentScript(background));
    const toldFirst: boolean[] = [];
    const run = room.run({
      authorize: ({ id }) => {
        toldFirst.push(run.ofType('tool_call_started').some(({ data }) => data.toolCallId === id));
        return { decision: 'allow' };
      },
    });
    const outcome = await run.outcome();
    expect(toldFirst).toEqual([true, true, true]);
    const [parent] = run.ofType('tool_call_started');
    const [agent] = run.ofType('subagent_started');
    expect(agent?.data).toMatchObject({ toolCallId: parent?.data.toolCallId, background });
    expect(run.host.questions.map(({ call }) => call.tool)).toEqual(['agent', 'bash', 'read']);
    const lineage = { parentToolCallId: parent?.data.toolCallId, agentId: agent?.data.agentId };
    for (const { call } of run.host.questions.slice(1)) expect(call.lineage).toMatchObject(lineage);
    expect(run.ofType('subagent_completed')).toHaveLength(1);
    expect(outcome.usage?.inputTokens).toBe(background ? 4400 : 3400);
  });

  it('of an MCP server, whose secrets are not on the command line, and of a question to the person, answered through the gate', async () => {
    const question = {
      question: 'Which?',
      header: 'Pick',
      multiSelect: false,
      options: [
        { label: 'A', description: 'a' },
        { label: 'B', description: 'b' },
      ],
    };
    await using room = await openAgentRoom([
      { tools: [{ name: 'mcp__lab__add', input: { a: 2, b: 2 } }] },
      { tools: [{ name: 'AskUserQuestion', input: { questions: [question] } }] },
      { text: 'end' },
    ]);
    const server = join(room.home, 'server.mjs');
    await writeFile(server, mcpServerProgram);
    let commandLine = '';
    const run = room.run({
      request: {
        mcpServers: {
          lab: {
            type: 'stdio',
            command: process.execPath,
            arguments: [server],
            environment: { LAB_SECRET: 'geheim' },
          },
        },
      },
      authorize: (call) => {
        if (call.kind === 'question')
          return { decision: 'allow', changedInput: { ...call.input, answers: { 'Which?': 'B' } } };
        const pid = run.ofType('agent_started')[0]?.data.process?.pid ?? 0;
        commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return { decision: 'allow' };
      },
    });
    await run.outcome();
    expect(run.host.questions).toMatchObject([
      { call: { tool: 'mcp:lab/add', kind: 'other' } },
      { call: { tool: 'ask_user', kind: 'question' } },
    ]);
    expect(run.ofType('tool_call_completed')[0]).toMatchObject({
      data: { tool: 'mcp:lab/add', output: 'the sum is 4, the secret has 6 letters' },
    });
    expect(commandLine).toContain('stream-json');
    expect(commandLine).not.toContain('geheim');
    const last = room.server.mainRequests.at(-1);
    expect((last === undefined ? [] : toolResults(last)).at(-1)).toMatchObject({
      text: containing('B'),
      failed: false,
    });
  });
});
