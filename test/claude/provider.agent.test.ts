import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import { bash, openAgentRoom } from './agent-room.ts';

describe('a run of Claude Code', () => {
  it('tells all that happens, asks about every call, and counts for each run of a conversation its own', async () => {
    await using room = await openAgentRoom([
      {
        thinking: 'Let me see.',
        text: 'I look.',
        tools: [bash('ls'), { name: 'Write', input: { file_path: 'a.txt', content: 'x\n' } }],
      },
      { tools: [bash('touch forbidden')] },
      { tools: [bash('touch one')] },
      { tools: [bash('touch broken')] },
      { text: 'All done.', usage: { input: 2000, output: 80, cacheRead: 500 } },
      { text: 'said' },
    ]);
    await writeFile(join(room.cwd, 'CLAUDE.md'), 'Always be kind to the rule 77.');
    const run = room.run({
      request: { text: 'remember the number 42' },
      // The gate refuses a call, changes another, and fails at the last.
      authorize: (call) => {
        if (call.command === 'touch broken') throw new Error('broken gate');
        if (call.command === 'touch forbidden') return { decision: 'deny', reason: 'not that one' };
        if (call.command === 'touch one')
          return { decision: 'allow', changedInput: { ...call.input, command: 'touch two' } };
        return { decision: 'allow' };
      },
    });
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'All done.',
      stopReason: 'end_turn',
      usage: { inputTokens: 6000, outputTokens: 280, cacheReadTokens: 500 },
    });
    expect(run.events[0]).toMatchObject({
      type: 'agent_started',
      data: { handle: outcome.handle?.id, continuity: 'fresh', projectTrusted: false },
    });
    expect(run.ofType('agent_started')).toHaveLength(1);
    expect(run.ofType('unparsed')).toEqual([]);
    expect(run.host.questions.map(({ call }) => call.command ?? call.tool)).toEqual([
      'ls',
      'write',
      'touch forbidden',
      'touch one',
      'touch broken',
    ]);
    expect(
      run
        .ofType('tool_call_completed')
        .map(({ data }) => data.tool)
        .toSorted(),
    ).toEqual(['bash', 'bash', 'write']);
    expect(run.ofType('tool_call_failed').map(({ data }) => data.reason)).toEqual(['denied', 'denied']);
    expect(await readFile(join(room.cwd, 'a.txt'), 'utf8')).toBe('x\n');
    const names = ['forbidden', 'one', 'two', 'broken'];
    expect(names.filter((name) => existsSync(join(room.cwd, name)))).toEqual(['two']);
    expect(JSON.stringify(room.server.mainRequests[0]?.body)).toContain('rule 77');
    const told = room.server.mainRequests
      .flatMap((request) => toolResults(request))
      .filter(({ failed }) => failed);
    expect(told[0]?.text).toContain('not that one');

    // What a branch costs is in the tests of what runs cost.
    const handle = { ...outcome.handle, id: outcome.handle?.id ?? '', runId: timeSortedIds('run') };
    const second = room.run({ request: { text: 'and now?', resume: { handle, fork: false } } });
    const continued = await second.outcome();
    expect(continued.handle?.id).toBe(outcome.handle?.id);
    expect(continued.usage).toMatchObject({ inputTokens: 1000, outputTokens: 50, cacheReadTokens: 0 });
    expect(Number(continued.cost?.usd)).toBeLessThan(Number(outcome.cost?.usd) / 2);
    expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('remember the number 42');
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
