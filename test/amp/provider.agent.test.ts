import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import type { JsonValue } from '../../src/domain/json.ts';
import { listField, textField } from '../../src/domain/json-field.ts';
import type { RunOutcome } from '../../src/ports/provider.ts';
import { pinnedVersion } from '../../src/providers/amp/program.ts';
import { amp, testedVersions } from '../../src/providers/amp/provider.ts';
import { toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import { bash, openAgentRoom } from './agent-room.ts';

describe('a run of Amp', () => {
  it('tells all that happens, asks about every call, writes nothing of its own, and ends with usage and a handle', async () => {
    await using room = await openAgentRoom([]);
    const [made, old] = [join(room.cwd, 'made.txt'), join(room.cwd, 'old.txt')];
    await writeFile(old, 'before\n');
    room.server.setScript([
      {
        thinking: 'Let me see.',
        text: 'I look.',
        tools: [
          bash('echo hello'),
          { name: 'create_file', input: { path: made, content: 'x\n' } },
          { name: 'create_file', input: { path: old, content: 'after\n' } },
        ],
      },
      { text: 'All done.', usage: { input: 2000, output: 80, cacheRead: 500 } },
    ]);
    const written = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write'));
    let settings = '';
    const run = room.run({
      authorize: () => {
        settings = settingsOf(run.ofType('agent_started')[0]?.data.process?.pid ?? 0);
        expect(existsSync(settings)).toBe(true);
        return { decision: 'allow' };
      },
    });
    let outcome: RunOutcome;
    try {
      outcome = await run.outcome();
      for (const write of written) expect(write).not.toHaveBeenCalled();
    } finally {
      for (const write of written) write.mockRestore();
    }
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'All done.',
      stopReason: 'end_turn',
      usage: { inputTokens: 3000, outputTokens: 130, cacheReadTokens: 500 },
    });
    expect(run.events[0]).toMatchObject({
      type: 'agent_started',
      data: {
        version: pinnedVersion,
        handle: outcome.handle?.id,
        continuity: 'fresh',
        projectTrusted: false,
        tools: expect.arrayContaining(['Bash']),
      },
    });
    expect(run.ofType('unparsed')).toEqual([]);
    expect(run.host.questions.map(({ call }) => call.tool).toSorted()).toEqual(['bash', 'write', 'write']);
    expect(run.ofType('reasoning_received')).toMatchObject([{ data: { text: 'Let me see.' } }]);
    expect(run.ofType('file_changed').map(({ data }) => [data.path, data.change])).toEqual([
      [made, 'created'],
      [old, 'modified'],
    ]);
    expect(await readFile(made, 'utf8')).toBe('x\n');
    // Nothing but that is left in the working folder or beside it.
    expect(settings.startsWith(room.cwd)).toBe(false);
    expect(existsSync(settings)).toBe(false);
    expect((await readdir(room.cwd)).toSorted()).toEqual(['made.txt', 'old.txt']);
  });

  it('works in the mode, with the labels and with the tools that it is told, and goes on by its handle', async () => {
    await using room = await openAgentRoom(() => ({ text: 'said' }));
    const native = { mode: 'rush', labels: ['nightly'], enabledTools: ['Bash', 'Read'] } as const;
    const begun = await room.run({ request: { text: 'remember the number 42', native } }).outcome();
    const asked = room.server.mainRequests[0]?.body;
    expect(asked).toMatchObject({ model: expect.stringContaining('haiku') });
    expect(offeredTools(asked)).toEqual(['Bash', 'Read']);
    const labels = room.server.requests.find(({ body }) => JSON.stringify(body)?.includes('setThreadLabels'));
    expect(JSON.stringify(labels?.body)).toContain('nightly');

    const handle = { id: begun.handle?.id ?? '', runId: timeSortedIds('run') };
    const second = room.run({ request: { text: 'and now?', resume: { handle, fork: false } } });
    const continued = await second.outcome();
    expect(second.ofType('agent_started')[0]?.data.continuity).toBe('native');
    expect(continued.handle?.id).toBe(begun.handle?.id);
    // It counts only its own usage.
    expect(continued.usage).toEqual(begun.usage);
    expect(second.ofType('message_received')).toHaveLength(1);
    expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('remember the number 42');
  });

  it('fails when the thread is not there, before the model is asked', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const handle = { id: 'T-00000000-0000-7000-8000-000000000000', runId: timeSortedIds('run') };
    const run = room.run({ request: { resume: { handle, fork: false } } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'resume_failed' });
    expect(room.server.mainRequests).toHaveLength(0);
  });

  it('is refused a model, a fork and a form of its answer before anything starts', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const handle = { id: 'T-00000000-0000-7000-8000-000000000000', runId: timeSortedIds('run') };
    const refused = [
      { request: { model: 'some-model' }, code: 'model_not_found' },
      { request: { resume: { handle, fork: true } }, code: 'capability_not_supported' },
      { request: { outputSchema: { type: 'object' } }, code: 'capability_not_supported' },
    ];
    for (const { request, code } of refused) {
      await expect(room.run({ request }).outcome()).rejects.toMatchObject({ code });
    }
    expect(room.server.requests).toHaveLength(0);
  });

  it('tells its version and the one that it is tested with', async () => {
    // Also where the person who runs the tests is not signed in.
    vi.stubEnv('AMP_API_KEY', 'a-key');
    const { agent } = await amp()
      .describe()
      .finally(() => vi.unstubAllEnvs());
    expect(agent).toMatchObject({ installed: true, version: pinnedVersion, tested: testedVersions });
    expect(agent.advice).toBeUndefined();
  });
});

it('the gate refuses a call with its reason, one that was allowed only with another input, and all when it fails', async () => {
  await using room = await openAgentRoom([
    { tools: [bash('touch forbidden')] },
    { tools: [bash('touch one')] },
    { tools: [bash('touch made')] },
    { text: 'The gate is broken.' },
  ]);
  const run = room.run({
    authorize: ({ command }) => {
      if (command === 'touch forbidden') return { decision: 'deny', reason: 'not that one' };
      if (command === 'touch one') return { decision: 'allow', changedInput: { cmd: 'touch two' } };
      throw new Error('broken gate');
    },
  });
  await expect(run.outcome()).resolves.toMatchObject({ output: 'The gate is broken.' });
  expect(await readdir(room.cwd)).toEqual([]);
  expect(run.ofType('tool_call_failed').map(({ data }) => data.reason)).toEqual([
    'denied',
    'denied',
    'denied',
  ]);
  const last = room.server.mainRequests.at(-1);
  const told = (last === undefined ? [] : toolResults(last)).map(({ text }) => text);
  expect(told[0]).toContain('not that one');
  expect(told[1]).toContain('another input');
});

it('a call about which the helper can’t ask any more, since its socket is gone, is refused, and the next run is like any other', async () => {
  await using room = await openAgentRoom([
    { tools: [bash('touch asked')] },
    { tools: [bash('touch unasked')] },
    { text: 'Only one.' },
    { tools: [bash('touch later')] },
    { text: 'That, too.' },
  ]);
  const run = room.run({
    authorize: () => {
      const { process } = run.ofType('agent_started')[0]?.data ?? expect.fail('nothing started');
      rmSync(join(dirname(settingsOf(process?.pid ?? 0)), 's'));
      return { decision: 'allow' };
    },
  });
  const outcome = await run.outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Only one.' });
  expect(await readdir(room.cwd)).toEqual(['asked']);
  expect(run.ofType('tool_call_failed')).toHaveLength(1);
  const resume = {
    handle: { ...(outcome.handle ?? expect.fail('no handle')), runId: run.request.runId },
    fork: false,
  };
  await expect(room.run({ request: { resume } }).outcome()).resolves.toMatchObject({ output: 'That, too.' });
  expect((await readdir(room.cwd)).toSorted()).toEqual(['asked', 'later']);
});

function offeredTools(body: JsonValue | undefined): readonly (string | undefined)[] {
  return listField(body, 'tools')
    .map((tool) => textField(tool, 'name'))
    .toSorted();
}

/** The settings file that a running Amp was told of. */
function settingsOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return words[words.indexOf('--settings-file') + 1] ?? '';
}
