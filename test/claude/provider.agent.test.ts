import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import { bash, openAgentRoom } from './agent-room.ts';

describe('a run of Claude Code', () => {
  it('tells all that happens, asks about every call, and ends with usage and a handle', async () => {
    await using room = await openAgentRoom([
      {
        thinking: 'Let me see.',
        text: 'I look.',
        tools: [bash('echo hello'), { name: 'Write', input: { file_path: 'a.txt', content: 'x\n' } }],
      },
      { text: 'All done.', usage: { input: 2000, output: 80, cacheRead: 500 } },
    ]);
    await writeFile(join(room.cwd, 'CLAUDE.md'), 'Always be kind to the rule 77.');
    const run = room.run();
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'All done.',
      stopReason: 'end_turn',
      usage: { inputTokens: 3000, outputTokens: 130, cacheReadTokens: 500 },
    });
    expect(run.events[0]).toMatchObject({
      type: 'agent_started',
      data: { handle: outcome.handle?.id, continuity: 'fresh', projectTrusted: false },
    });
    expect(run.ofType('agent_started')).toHaveLength(1);
    expect(run.ofType('unparsed')).toEqual([]);
    expect(run.host.questions.map(({ call }) => call.tool)).toEqual(['bash', 'write']);
    expect(
      run
        .ofType('tool_call_completed')
        .map(({ data }) => data.tool)
        .toSorted(),
    ).toEqual(['bash', 'write']);
    expect(await readFile(join(room.cwd, 'a.txt'), 'utf8')).toBe('x\n');
    expect(JSON.stringify(room.server.mainRequests[0]?.body)).toContain('rule 77');
  });

  it('lets the gate refuse a call and change another, and asks about read-only commands', async () => {
    await using room = await openAgentRoom([
      { tools: [bash('ls')] },
      { tools: [bash('touch forbidden')] },
      { tools: [bash('touch one')] },
      { text: 'end' },
    ]);
    const run = room.run({
      authorize: (call) => {
        if (call.command === 'touch forbidden') return { decision: 'deny', reason: 'not that one' };
        if (call.command === 'touch one')
          return { decision: 'allow', changedInput: { ...call.input, command: 'touch two' } };
        return { decision: 'allow' };
      },
    });
    await run.outcome();
    expect(run.host.questions.map(({ call }) => call.command)).toEqual([
      'ls',
      'touch forbidden',
      'touch one',
    ]);
    expect(['forbidden', 'one', 'two'].map((name) => existsSync(join(room.cwd, name)))).toEqual([
      false,
      false,
      true,
    ]);
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'denied' } }]);
    const told = room.server.mainRequests
      .flatMap((request) => toolResults(request))
      .filter(({ failed }) => failed);
    expect(told[0]?.text).toContain('not that one');
  });

  it('goes on by its handle and counts only its own usage; a fork leaves the original alone', async () => {
    await using room = await openAgentRoom(() => ({ text: 'said' }));
    const first = room.run({ request: { text: 'remember the number 42' } });
    const begun = await first.outcome();
    const handle = { ...begun.handle, id: begun.handle?.id ?? '', runId: timeSortedIds('run') };
    const second = room.run({ request: { text: 'and now?', resume: { handle, fork: false } } });
    const continued = await second.outcome();
    expect(continued.handle?.id).toBe(begun.handle?.id);
    expect(continued.usage).toEqual(begun.usage);
    expect(continued.cost).toEqual(begun.cost);
    expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('remember the number 42');
    const fork = room.run({
      request: { text: 'elsewhere', resume: { handle: { ...handle, ...continued.handle }, fork: true } },
    });
    const forked = await fork.outcome();
    expect(forked.handle?.id).not.toBe(begun.handle?.id);
    expect(forked.usage).toEqual(begun.usage);
    expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('and now?');
  });

  it('fails when the conversation is not there, before the model is asked', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const handle = { id: '99999999-2222-4333-8444-555555555555', runId: timeSortedIds('run') };
    const run = room.run({ request: { resume: { handle, fork: false } } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'resume_failed' });
    expect(room.server.mainRequests).toHaveLength(0);
  });

  it('runs nothing of a hostile project', async () => {
    await using room = await openAgentRoom([{ tools: [bash('echo fine')] }, { text: 'end' }]);
    const trap = { hooks: [{ type: 'command', command: `touch ${join(room.cwd, 'trapped')}` }] };
    const settings = {
      permissions: { allow: ['Bash'] },
      hooks: { SessionStart: [trap], PreToolUse: [trap], UserPromptSubmit: [trap] },
    };
    await mkdir(join(room.cwd, '.claude'));
    await writeFile(join(room.cwd, '.claude', 'settings.json'), JSON.stringify(settings));
    const server = { command: 'touch', args: [join(room.cwd, 'trapped')] };
    await writeFile(join(room.cwd, '.mcp.json'), JSON.stringify({ mcpServers: { trap: server } }));
    const run = room.run({ authorize: () => ({ decision: 'deny', reason: 'nothing' }) });
    await run.outcome();
    expect(existsSync(join(room.cwd, 'trapped'))).toBe(false);
    expect(run.host.questions).toHaveLength(1);
  });
});
