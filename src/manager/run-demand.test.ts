import { describe, expect, it } from 'vitest';
import { capabilityNames, type CapabilityName } from '../domain/capability.ts';
import { router } from '../routing/router.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { RunOptions } from './run-options.ts';
import { createSessionManager } from './session-manager.ts';

const watcher = scriptedProvider([{ say: 'done' }], {
  name: 'watcher',
  capabilities: {
    approval_before_tool: 'observed',
    tool_rules: 'observed',
    steer: 'unsupported',
    fork: 'unsupported',
  },
});
const able = scriptedProvider([{ say: 'done' }], { name: 'able' });

async function tryRun(provider: typeof watcher, options: RunOptions) {
  await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
  const session = await manager.createSession();
  await using run = await session.run('go', options);
  expect((await run.result).status).toBe('completed');
  const events = await Array.fromAsync(run);
  const [requested] = events.flatMap((event) => (event.type === 'run_started' ? event.data.requested : []));
  const warnings = events.flatMap((event) => (event.type === 'warning_raised' ? event.data.code : []));
  return { requested, warnings, provider: (await run.read()).provider };
}

describe('what a run wants of its provider', () => {
  it('is refused before it starts, naming all that is missing', async () => {
    await using manager = await createSessionManager({ store: memoryStore(), providers: [watcher] });
    const session = await manager.createSession();
    await expect(session.run('go', { requires: ['steer', 'text_deltas', 'fork'] })).rejects.toMatchObject({
      code: 'missing_required_capability',
      details: { provider: 'watcher', missing: ['steer', 'fork'] },
    });
    await expect(session.run('go', { authorize: () => ({ decision: 'allow' }) })).rejects.toMatchObject({
      code: 'capability_not_supported',
      message: expect.stringContaining('may accept'),
    });
    await expect(session.run('go', { outputSchema: { type: 'object' }, maxTurns: 3 })).rejects.toMatchObject({
      code: 'capability_not_supported',
      details: { missing: ['max_turns', 'structured_output'] },
    });
    expect(await session.runs()).toEqual([]);
  });

  const unable = scriptedProvider([{ say: 'done' }], {
    name: 'unable',
    capabilities: Object.fromEntries(capabilityNames.map((name) => [name, 'unsupported'])),
  });
  const lookUp = { name: 'look_up', description: 'd', inputSchema: { type: 'object' }, run: () => '' };
  const needs: readonly (readonly [RunOptions, CapabilityName])[] = [
    [{ maxTurns: 3 }, 'max_turns'],
    [{ systemPrompt: 'Be brief.' }, 'system_prompt'],
    [{ mcpServers: { lab: { type: 'stdio', command: 'lab' } } }, 'mcp_servers'],
    [{ clientTools: [lookUp] }, 'client_tools'],
    [{ outputSchema: { type: 'object' } }, 'structured_output'],
    [{ rules: { deny: [{ tool: 'bash' }] } }, 'tool_rules'],
    [{ authorize: () => ({ decision: 'allow' }) }, 'approval_before_tool'],
    [{ approvals: {} }, 'approval_before_tool'],
    [{ loops: { action: 'request_approval' } }, 'approval_before_tool'],
    [{ permissionMode: 'plan' }, 'permission_modes'],
    [{ continuation: 'native' }, 'native_resume'],
    [{ continuation: 'replay' }, 'transcript_replay'],
  ];
  it.each(needs)('is refused with the option %j at a provider without %s', async (options, capability) => {
    await using manager = await createSessionManager({ store: memoryStore(), providers: [unable] });
    const session = await manager.createSession();
    await expect(session.run('go', options)).rejects.toMatchObject({
      code: 'capability_not_supported',
      details: { provider: 'unable', missing: [capability] },
    });
    expect(await session.runs()).toEqual([]);
  });

  it('may come from its session', async () => {
    await using manager = await createSessionManager({ store: memoryStore(), providers: [unable] });
    const session = await manager.createSession({ systemPrompt: 'Be brief.' });
    await expect(session.run('go')).rejects.toMatchObject({ details: { missing: ['system_prompt'] } });
  });

  it('goes on with a warning without what it only prefers', async () => {
    expect(await tryRun(watcher, { prefers: ['steer', 'reasoning'] })).toMatchObject({
      requested: { degraded: ['steer'] },
      warnings: ['capability_degraded'],
    });
    const full = await tryRun(able, { prefers: ['steer'], requires: ['reasoning'] });
    expect(full.requested).not.toHaveProperty('degraded');
    expect(full.warnings).toEqual([]);
  });

  it('may be only observed where the caller says that this is enough', async () => {
    const authorize = () => ({ decision: 'allow' }) as const;
    expect(await tryRun(watcher, { authorize, acceptObserved: true })).toMatchObject({
      requested: { observed: ['approval_before_tool'] },
      warnings: ['capability_observed'],
    });
  });

  it('chooses among the candidates of a router', async () => {
    const both = router({ candidates: [watcher, able] });
    expect((await tryRun(both, { requires: ['fork'] })).provider).toBe('able');
    expect((await tryRun(both, {})).provider).toBe('watcher');
    await using manager = await createSessionManager({ store: memoryStore(), providers: [both] });
    const session = await manager.createSession();
    await expect(session.run('go', { requires: ['fork', 'mcp_servers'] })).rejects.toMatchObject({
      code: 'missing_required_capability',
      details: { missing: ['fork', 'mcp_servers'] },
    });
  });

  it.each([
    { requires: ['flying'] },
    { prefers: ['flying'] },
    { retry: { tries: 0 } },
    { replay: { maximumTokens: -1 } },
  ])('is checked: %j', async (options) => {
    await using manager = await createSessionManager({ store: memoryStore(), providers: [able] });
    const session = await manager.createSession();
    await expect(session.run('go', JSON.parse(JSON.stringify(options)))).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});
