import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleAgents, type ExampleAgent } from '../../examples/support/example-agent.ts';
import { scriptFor, type ExampleTurn } from '../../examples/support/example-script.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import { pendingId } from '../manager/approval-room.ts';
import { collect } from '../manager/log-check.ts';

/** One real agent with a scripted model, in a folder of its own. */
async function openRoom(agent: ExampleAgent, turns: readonly ExampleTurn[]) {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-approvals-')));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const server = await startModelServer(scriptFor(agent, turns));
  const manager = await createSessionManager({ store: memoryStore(), providers: [agent.provider()] });
  const environment = { set: agent.environment(server, home) };
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

describe.each(exampleAgents)('$name', (agent) => {
  it('makes no file while the approval is pending, and the one that was allowed after', async () => {
    await using room = await openRoom(agent, touch('made'));
    const run = await room.run();
    const id = await pendingId(room.manager);
    expect(room.made('made')).toBe(false);
    await room.manager.approvals.decide(id, { as: 'allow' });
    expect((await run.result).status).toBe('completed');
    expect(room.made('made')).toBe(true);
  });

  it('makes no file when nobody answers in time, also not after', async () => {
    await using room = await openRoom(agent, touch('made'));
    const run = await room.run({ approvals: { deadline: 200 } });
    await run.result;
    expect(room.made('made')).toBe(false);
    expect((await collect(run)).map(({ type }) => type)).toContain('tool_approval_expired');
    const [approval] = (await room.manager.approvals.list()).rows;
    await expect(room.manager.approvals.decide(approval?.id ?? '', { as: 'allow' })).rejects.toMatchObject({
      code: 'approval_expired',
    });
    expect(room.made('made')).toBe(false);
  });

  it('is asked anew about another input after an approval', async () => {
    await using room = await openRoom(agent, touch('first', 'second'));
    const run = await room.run();
    const first = await pendingId(room.manager);
    await room.manager.approvals.decide(first, { as: 'allow' });
    const second = await pendingId(room.manager);
    expect(second).not.toBe(first);
    expect([room.made('first'), room.made('second')]).toEqual([true, false]);
    await room.manager.approvals.decide(second, { as: 'deny', message: 'One is enough.' });
    await run.result;
    expect([room.made('first'), room.made('second')]).toEqual([true, false]);
  });

  it('runs the changed input and nothing else, or refuses to change it', async () => {
    await using room = await openRoom(agent, touch('made'));
    const run = await room.run();
    const id = await pendingId(room.manager);
    const changed = room.manager.approvals.decide(id, { as: 'allow', input: { command: 'touch changed' } });
    if (agent.provider().capabilities.changed_tool_input === 'native') {
      await changed;
      await run.result;
      expect([room.made('made'), room.made('changed')]).toEqual([false, true]);
      return;
    }
    await expect(changed).rejects.toMatchObject({ code: 'capability_not_supported' });
    await room.manager.approvals.decide(id, { as: 'deny' });
    await run.result;
    expect([room.made('made'), room.made('changed')]).toEqual([false, false]);
  });
});
