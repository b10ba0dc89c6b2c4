import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { openCodexRoom } from './codex-room.ts';
import { heardBy, newFile, patch, shell } from './codex-step.ts';

describe('a run of Codex', () => {
  it('tells all that happens, asks about every call, keeps all instructions, and leaves nothing of its own', async () => {
    await using room = await openCodexRoom([
      { thinking: 'Let me see.', text: 'I look.', tools: [shell('echo hello; sleep 0.3; echo again')] },
      { tools: [newFile('a.txt', 'one\ntwo')] },
      { tools: [patch('*** Update File: a.txt\n@@\n one\n-two\n+three\n')] },
      { text: 'All done.', usage: { input: 2000, output: 80, cacheRead: 500, reasoning: 7 } },
    ]);
    await writeFile(join(room.cwd, 'AGENTS.md'), 'Always be kind to the rule 77.');
    const file = join(room.home, '.codex', 'config.toml');
    const before = await readFile(file, 'utf8');
    const run = room.run({ request: { systemPrompt: 'Speak of the heron.' } });
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'All done.',
      usage: { inputTokens: 5000, outputTokens: 230, cacheReadTokens: 500, reasoningTokens: 7 },
    });
    expect(run.events[0]).toMatchObject({
      type: 'agent_started',
      data: { handle: outcome.handle?.id, continuity: 'fresh', version: '0.163.0', model: 'gpt-5.5' },
    });
    expect(run.ofType('unparsed')).toEqual([]);
    expect(run.host.questions.map(({ call }) => [call.tool, call.kind, call.paths])).toEqual([
      ['bash', 'execute', undefined],
      ['write', 'edit', [join(room.cwd, 'a.txt')]],
      ['edit', 'edit', [join(room.cwd, 'a.txt')]],
    ]);
    expect(
      run
        .ofType('tool_output_streamed')
        .map(({ data }) => data.text)
        .join(''),
    ).toContain('again');
    expect(run.ofType('tool_call_completed')[0]?.data.output).toBe('hello\nagain\n');
    expect(run.ofType('file_changed').map(({ data }) => [data.change, data.diff])).toEqual([
      ['created', expect.stringContaining('@@ -0,0 +1,2 @@\n+one\n+two\n')],
      ['modified', expect.stringContaining('-two\n+three\n')],
    ]);
    expect(run.ofType('turn_completed')).toHaveLength(4);
    expect(await readFile(join(room.cwd, 'a.txt'), 'utf8')).toBe('one\nthree\n');
    const heard = heardBy(room.server.mainRequests[0]).join('\n');
    for (const text of ['You are Codex', 'Speak of the heron.', 'rule 77']) expect(heard).toContain(text);
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(existsSync(join(room.cwd, '.codex'))).toBe(false);
  });

  it('that goes on counts only its own usage, branches with the model of its conversation, and is offered client tools', async () => {
    await using room = await openCodexRoom(() => ({ text: 'said' }));
    const begun = await room.run({ request: { text: 'remember 42', model: 'gpt-5.4' } }).outcome();
    const handle = { ...begun.handle, id: begun.handle?.id ?? '', runId: timeSortedIds('run') };
    const second = room.run({ request: { text: 'and now?', resume: { handle, fork: false } } });
    expect((await second.outcome()).usage).toEqual(begun.usage);
    expect(second.events[0]).toMatchObject({ data: { model: 'gpt-5.4' } });
    const fork = room.run({ request: { text: 'elsewhere', resume: { handle, fork: true } } });
    expect((await fork.outcome()).usage).toEqual(begun.usage);
    expect(fork.events[0]).toMatchObject({ data: { model: 'gpt-5.4', continuity: 'native' } });

    room.server.setScript([
      { tools: [{ name: 'mcp__client__weather', input: { town: 'Kiruna' } }] },
      { text: 'It snows.' },
    ]);
    const weather = {
      name: 'weather',
      description: 'Tells the weather.',
      inputSchema: { type: 'object' },
      readOnly: true,
    };
    const run = room.run({
      request: { resume: { handle, fork: false }, clientTools: [weather] },
      callTool: () => ({ text: 'Snow in summer.', failed: false }),
    });
    await run.outcome();
    expect(run.host.questions).toMatchObject([{ call: { tool: 'client:weather', kind: 'read' } }]);
    expect(run.ofType('tool_call_completed')).toMatchObject([
      { data: { tool: 'client:weather', output: expect.stringContaining('Snow in summer.') } },
    ]);
  });

  it('tells the plan of its model, what was searched for and what is left of the limits', async () => {
    const headers = (primary: number): { readonly [name: string]: string } => ({
      'x-codex-primary-used-percent': String(primary),
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': '2000000000',
      'x-codex-secondary-used-percent': '80',
      'x-codex-secondary-window-minutes': '10080',
      'x-codex-secondary-reset-at': '2000009999',
    });
    const plan = [
      { step: 'look', status: 'completed' },
      { step: 'do', status: 'in_progress' },
      { step: 'rest', status: 'pending' },
    ];
    await using room = await openCodexRoom([
      {
        searches: ['herons'],
        text: 'I look.',
        tools: [{ name: 'update_plan', input: { plan } }],
        headers: headers(41),
      },
      { text: 'end', headers: headers(42) },
    ]);
    const run = room.run({ request: { native: { plans: true, webSearch: 'live' } } });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed', output: 'end' });
    expect(run.ofType('unparsed')).toEqual([]);
    expect(run.ofType('plan_updated').map(({ data }) => data)).toEqual([
      {
        steps: [
          { text: 'look', status: 'completed' },
          { text: 'do', status: 'in_progress' },
          { text: 'rest', status: 'pending' },
        ],
      },
    ]);
    const [search] = run.ofType('tool_call_started');
    expect(search?.data).toMatchObject({ tool: 'web_search', kind: 'fetch', input: { query: 'herons' } });
    expect(run.ofType('tool_call_completed')).toMatchObject([
      { data: { toolCallId: search?.data.toolCallId, tool: 'web_search' } },
    ]);
    expect(run.host.questions).toEqual([]);
    expect(run.ofType('rate_limit_updated').map(({ data }) => data)).toEqual([
      { status: 'allowed', kind: 'primary', utilization: 0.41, resetsAt: 2_000_000_000_000 },
      { status: 'allowed', kind: 'secondary', utilization: 0.8, resetsAt: 2_000_009_999_000 },
      { status: 'allowed', kind: 'primary', utilization: 0.42, resetsAt: 2_000_000_000_000 },
    ]);
  });
});
