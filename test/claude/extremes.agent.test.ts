import { describe, expect, it } from 'vitest';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import { describeClaude } from '../../src/providers/claude/describe.ts';
import { loadSdk, sdkPackage } from '../../src/providers/claude/sdk.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { bash, openAgentRoom } from './agent-room.ts';
import { wrapper } from './stand-in.ts';
import { containing } from '../../src/providers/claude/fixtures/text-matcher.ts';

describe('the program', () => {
  it('that ends before its turn is a crash, with what it wrote to standard error', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const executable = await wrapper(room, 'echo broken installation >&2; exit 7');
    const run = room.run({ options: { executable } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_crashed',
      provider: { exitCode: 7, stderr: containing('broken installation') },
    });
  });

  it('that is missing is said to be missing, with advice', async () => {
    await using room = await openAgentRoom([]);
    const run = room.run({ request: { native: { executable: '/nowhere/claude' } } });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'agent_not_installed',
      message: containing('npm install'),
    });
    const described = await claude({ executable: '/nowhere/claude' }).describe();
    expect(described.agent).toMatchObject({
      installed: false,
      advice: containing('npm install'),
    });
  });

  it('tells its version', async () => {
    const { agent } = await claude().describe();
    expect(agent).toMatchObject({
      installed: true,
      version: containing('.'),
      path: containing('/'),
    });
  });
});

it('is not ready without the package that drives the program', async () => {
  const load = async (): Promise<unknown> =>
    await loadSdk(() => Promise.reject(new Error('Cannot find package')));
  const { agent } = await describeClaude({}, undefined, load);
  expect(agent).toMatchObject({ installed: false, advice: containing(`npm install ${sdkPackage}`) });
  expect(agent.version).toBeDefined();
});

describe('prompts', () => {
  it('may hold NUL and lone surrogates, and tools print 100 MB: the event stays small', async () => {
    await using room = await openAgentRoom([
      { tools: [bash('head -c 100000000 /dev/zero | tr "\\0" x')] },
      { text: 'fine' },
    ]);
    const run = room.run({ request: { text: 'before\0between\ud800after' } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'fine' });
    const [request] = room.server.mainRequests;
    expect(request === undefined ? '' : conversationTexts(request).join('\n')).toContain('before');
    const ends = [...run.ofType('tool_call_completed'), ...run.ofType('tool_call_failed')];
    expect(ends).toHaveLength(1);
    expect(JSON.stringify(ends).length).toBeLessThan(1_000_000);
  });

  it('may be 10 MB long', async () => {
    await using room = await openAgentRoom([{ text: 'fine' }]);
    await expect(
      room.run({ request: { text: 'All work and no play. '.repeat(480_000) } }).outcome(),
    ).resolves.toMatchObject({ output: 'fine' });
    expect(room.server.mainRequests[0]?.bodyBytes).toBeGreaterThan(10_000_000);
  });

  it('may not be empty', async () => {
    await using room = await openAgentRoom([]);
    await expect(
      room.run({ request: { messages: [{ role: 'user', text: ' \n' }] } }).outcome(),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    expect(room.server.requests).toHaveLength(0);
  });
});
