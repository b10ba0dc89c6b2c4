import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleAgents, type ExampleAgent, type ExampleTool } from '../../examples/support/example-agent.ts';
import { scriptFor, type ExampleTurn } from '../../examples/support/example-script.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import type { PermissionMode } from '../../src/domain/tool.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelToolUse } from '../../src/testing/model-server/model-turn.ts';
import { signedInEnvironment } from '../acp/signed-in-claude.ts';
import { pendingId } from '../manager/approval-room.ts';
import { collect } from '../manager/log-check.ts';

interface ApprovalAgent extends Pick<ExampleAgent, 'name' | 'provider'> {
  environment(
    ...from: Parameters<ExampleAgent['environment']>
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  call(tool: ExampleTool): ModelToolUse;
}

const claudeCode = exampleAgents.find(({ name }) => name === 'claude');

/** Every agent program, one of them by the Agent Client Protocol. */
const agents: readonly ApprovalAgent[] = [
  ...exampleAgents,
  {
    name: 'claude-agent-acp',
    provider: () => acp({ preset: 'claude-agent-acp' }),
    environment: signedInEnvironment,
    call: (tool) => claudeCode?.call(tool) ?? expect.fail('There is no Claude Code.'),
  },
];

/** One real agent with a scripted model, in a folder of its own. */
async function openRoom(agent: ApprovalAgent, turns: readonly ExampleTurn[]) {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-approvals-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(scriptFor(agent, turns));
  const manager = await createSessionManager({ store: memoryStore(), providers: [agent.provider()] });
  const environment = { set: await agent.environment(server, home) };
  const session = await manager.createSession({ cwd, provider: agent.name });
  return {
    manager,
    run: async (options: CommonRunOptions = {}) =>
      await session.run('Make a file', { environment, approvals: {}, ...options }),
    made: (name: string) => existsSync(join(cwd, name)),
    async [Symbol.asyncDispose]() {
      await manager.close();
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function touch(...names: readonly string[]): readonly ExampleTurn[] {
  return [
    ...names.map((name) => ({ tools: [{ tool: 'bash', command: `touch ${name}` }] }) as const),
    { text: 'That was it.' },
  ];
}

/** In `plan` nothing that a person could allow is asked about; in the others a rule asks, whatever they allow. */
const modes = ['default', 'accept_edits', 'full_auto', 'dangerously_skip_permissions'] as const;
const rules = { ask: [{ tool: 'bash' }] } as const;

const cases = agents.map((agent, index) => {
  const mode = (more: number): PermissionMode => modes[(index + more) % modes.length] ?? 'default';
  return { agent, name: agent.name, answered: mode(0), late: mode(2) };
});

describe.each(cases)('$name in the modes $answered and $late', ({ agent, answered, late }) => {
  it('makes the file that was allowed and only then, is asked anew about another, and runs a changed input or refuses it', async () => {
    await using room = await openRoom(agent, touch('first', 'second', 'third'));
    const { approvals } = room.manager;
    const made = (): readonly string[] => ['first', 'second', 'third', 'changed'].filter(room.made);
    const run = await room.run({ permissionMode: answered, rules });
    const first = await pendingId(room.manager);
    expect(made()).toEqual([]);
    await approvals.decide(first, { as: 'allow' });
    const second = await pendingId(room.manager);
    expect(second).not.toBe(first);
    expect(made()).toEqual(['first']);
    await approvals.decide(second, { as: 'deny', message: 'One is enough.' });
    const third = await pendingId(room.manager);
    const changes = agent.provider().capabilities.changed_tool_input === 'native';
    const changed = approvals.decide(third, { as: 'allow', input: { command: 'touch changed' } });
    if (changes) await changed;
    else {
      await expect(changed).rejects.toMatchObject({ code: 'capability_not_supported' });
      await approvals.decide(third, { as: 'deny' });
    }
    expect((await run.result).status).toBe('completed');
    expect(made()).toEqual(changes ? ['first', 'changed'] : ['first']);
  });

  it('makes no file when nobody answers in time, also not after', async () => {
    await using room = await openRoom(agent, touch('made'));
    const run = await room.run({ approvals: { deadline: 200 }, permissionMode: late, rules });
    await run.result;
    expect(room.made('made')).toBe(false);
    expect((await collect(run)).map(({ type }) => type)).toContain('tool_approval_expired');
    const [approval] = (await room.manager.approvals.list()).rows;
    await expect(room.manager.approvals.decide(approval?.id ?? '', { as: 'allow' })).rejects.toMatchObject({
      code: 'approval_expired',
    });
    expect(room.made('made')).toBe(false);
  });
});
