import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleAgents, type ExampleAgent } from '../../examples/support/example-agent.ts';
import { scriptFor } from '../../examples/support/example-script.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import type { AgentEnvironment } from '../../src/ports/provider.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import { pendingId } from '../manager/approval-room.ts';
import { collect } from '../manager/log-check.ts';
import { until, withCookie } from '../process/process-probe.ts';
import { endLeases } from '../sqlite/end-leases.ts';
import { startStoreChild } from '../sqlite/store-child.ts';
import type { KilledOrder } from './killed-child.ts';

const command = 'echo made >> made.txt';
const made = { tools: [{ tool: 'bash', command }] } as const;

/** A real agent whose model makes the same call again and again, and a manager that can go on with its run. */
async function openRoom(agent: ExampleAgent) {
  await using stack = new AsyncDisposableStack();
  const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-killed-')));
  stack.defer(async () => await rm(home, { recursive: true, force: true, maxRetries: 10 }));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  const script = scriptFor(agent, [made, made, { text: 'Done.' }]);
  const server = stack.use(await startModelServer(script));
  const store = join(home, 'sessions.db');
  const environment: AgentEnvironment = { set: agent.environment(server, home) };
  const manager = stack.use(
    await createSessionManager({
      store: sqliteStore(store, { durability: 'normal' }),
      providers: [agent.provider()],
      approvals: {},
    }),
  );
  const order: KilledOrder = { store, cwd, environment, agent: agent.name };
  const owned = stack.move();
  return {
    ...{ manager, environment, order },
    /** The model begins its script again. */
    startAgain: () => server.setScript(script),
    /** What the calls have made. */
    made: () => (existsSync(join(cwd, 'made.txt')) ? readFileSync(join(cwd, 'made.txt'), 'utf8') : ''),
    /** True when the agent has written its call into a conversation of its own. */
    wroteCall: () =>
      readdirSync(home, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\/(sessions|threads)\/.*\.jsonl?$/.test(name))
        .some((name) => readFileSync(join(home, name), 'utf8').includes(command)),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

/** Starts a run in another process, kills that when its question waits, and gives both. */
async function killedRun(
  order: KilledOrder,
  manager: SessionManager,
  wroteCall: () => boolean,
): Promise<{ readonly runId: string; readonly id: string }> {
  await using child = startStoreChild('../approvals/killed-child.ts');
  const { runId } = (await child.ask(order)) as { readonly runId: string };
  const id = await pendingId(manager);
  await expect.poll(wroteCall, { timeout: 60_000, interval: 50 }).toBe(true);
  return { runId, id };
}

/** Claude Code has more of these in a file of its own. */
const agents = exampleAgents.filter(({ name }) => name !== 'claude');

describe.each(agents)('$name killed with a question open', (agent) => {
  it('goes on natively; the same call gets the decision once, and is then asked anew', async () => {
    await using room = await openRoom(agent);
    const { manager, environment, order } = room;
    const { runId, id } = await killedRun(order, manager, room.wroteCall);
    const run = await manager.getRun(runId);
    const { cookie = '' } = await run.read();
    // An agent that loses us may ask its model once more before it is dead.
    await until('the end of its agent', () => withCookie(cookie).length === 0);
    room.startAgain();
    await manager.approvals.decide(id, { as: 'allow' }, { by: 'ada' });
    expect(room.made()).toBe('');
    endLeases(order.store);
    expect(await manager.recover({ resume: { environment } })).toEqual([]);
    expect((await run.read()).attempt).toBe(2);
    expect(withCookie(cookie)).toEqual([]);
    const second = await pendingId(manager);
    expect(second).not.toBe(id);
    expect(room.made()).toBe('made\n');
    expect(await manager.approvals.get(id)).toMatchObject({
      status: 'granted',
      spentAt: expect.any(Number),
    });
    await manager.approvals.decide(second, { as: 'deny' });
    expect((await run.result).status).toBe('completed');
    expect(room.made()).toBe('made\n');
    const events = await collect(run);
    expect(
      events.flatMap((event) => (event.type === 'agent_started' ? [event.data.continuity] : [])),
    ).toEqual(['fresh', 'native']);
  });
});
