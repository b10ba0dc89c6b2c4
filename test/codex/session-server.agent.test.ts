import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { RunRequest } from '../../src/ports/provider.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { createSessionServers } from '../../src/providers/codex/session-servers.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { makeAgentFolder } from '../agent/agent-folder.ts';
import { standIn } from '../agent/stand-in.ts';
import { actingStore } from '../manager/acting-store.ts';
import { appServers } from './app-servers.ts';
import type { RoomRun } from '../agent/agent-room.ts';
import { openCodexRoom } from './codex-room.ts';
import { heardBy, shell } from './codex-step.ts';

const sessionId = timeSortedIds('session');

/** The request of a run that goes on from the end of another. */
async function after(run: RoomRun, runId: RunRequest['runId']): Promise<Partial<RunRequest>> {
  const { handle } = await run.outcome();
  return { sessionId, resume: { handle: { ...handle, id: handle?.id ?? '', runId }, fork: false } };
}

function serverOf(run: RoomRun): number | undefined {
  return run.ofType('agent_started')[0]?.data.process?.pid;
}

describe("a session's server", () => {
  it('serves its next run, with nothing left of the one before, and ends with the session', async () => {
    await using room = await openCodexRoom((request) =>
      heardBy(request).some((text) => text.includes('Leave something.')) &&
      !existsSync(join(room.cwd, 'begun'))
        ? { tools: [shell('setsid sleep 600 > /dev/null 2>&1 & touch begun')] }
        : { text: 'fine' },
    );
    await using provider = codex();
    const runId = timeSortedIds('run');
    const permissionMode = 'dangerously_skip_permissions';
    const text = 'Leave something.';
    const first = room.run({ provider, request: { sessionId, runId, permissionMode, text } });
    await first.outcome();
    expect(existsSync(join(room.cwd, 'begun'))).toBe(true);
    expect(await processesWithCookie(first.cookie)).toEqual([]);
    expect(appServers(room)).toEqual([serverOf(first)]);
    // A server that a person adds meanwhile is as little used as those that were there before.
    const settings = '\n[mcp_servers.added]\ncommand = "/bin/sh"\nargs = ["-c", "touch started"]\n';
    await appendFile(join(room.home, '.codex', 'config.toml'), settings);
    const second = room.run({
      provider,
      request: { ...(await after(first, runId)), permissionMode: 'plan' },
    });
    await second.outcome();
    expect(serverOf(second)).toBe(serverOf(first));
    expect(heardBy(room.server.mainRequests.at(-1)).join('\n')).toContain('Leave something.');
    expect(existsSync(join(room.cwd, 'started'))).toBe(false);
    await provider.endSession?.(sessionId);
    expect(appServers(room)).toEqual([]);
  });

  it('is given only to a run that goes on from the end of the one that it served, and to one at a time', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    await using provider = codex();
    const [firstId, secondId] = [timeSortedIds('run'), timeSortedIds('run')];
    const first = room.run({ provider, request: { sessionId, runId: firstId } });
    const other = await after(first, timeSortedIds('run'));
    // The end of the first may not be stored: then its server is still to be ended as that of the first.
    const second = room.run({ provider, request: { ...other, runId: secondId } });
    await second.outcome();
    expect(serverOf(second)).not.toBe(serverOf(first));
    expect(appServers(room)).toEqual([serverOf(second)]);

    const request = await after(second, secondId);
    const branch = {
      ...request,
      resume: { handle: { id: '', runId: secondId, ...request.resume?.handle }, fork: true },
    };
    const runs = [room.run({ provider, request }), room.run({ provider, request: branch })];
    await Promise.all(runs.map((run) => run.outcome()));
    expect(new Set(runs.map(serverOf)).size).toBe(2);
    expect(appServers(room)).toHaveLength(1);
  });

  it('leaves the conversation to another process, and hears what was said there', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    await using here = codex();
    await using elsewhere = codex();
    const ids = [timeSortedIds('run'), timeSortedIds('run')] as const;
    const first = room.run({ provider: here, request: { sessionId, runId: ids[0] } });
    const text = 'Mind the red kite.';
    const goingOn = { ...(await after(first, ids[0])), runId: ids[1], text };
    const second = room.run({ provider: elsewhere, request: goingOn });
    await second.outcome();
    expect(second.ofType('agent_started')).toMatchObject([{ data: { continuity: 'native' } }]);
    await room.run({ provider: here, request: await after(second, ids[1]) }).outcome();
    expect(heardBy(room.server.mainRequests.at(-1))).toContain(text);
  });

  it('that got a SIGKILL or a SIGSTOP meanwhile is replaced', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    await using provider = codex();
    let runId = timeSortedIds('run');
    let run = room.run({ provider, request: { sessionId, runId } });
    for (const signal of ['SIGKILL', 'SIGSTOP']) {
      const request = await after(run, runId);
      const before = appServers(room);
      for (const pid of before) process.kill(pid, signal);
      runId = timeSortedIds('run');
      run = room.run({ provider, request: { ...request, runId } });
      await expect(run.outcome()).resolves.toMatchObject({ output: 'fine' });
      expect(before).not.toContain(serverOf(run));
      expect(appServers(room)).toEqual([serverOf(run)]);
    }
  });

  it.each(['failed', 'was the last', 'was cancelled'])('does not outlive a run that %s', async (how) => {
    await using room = await openCodexRoom([
      how === 'failed' ? { error: { status: 400 } } : { text: 'I begin', hang: how === 'was cancelled' },
    ]);
    await using provider = codex();
    const run = room.run({ provider, request: { sessionId, lastRun: how === 'was the last' } });
    if (how === 'was cancelled') {
      await run.waitFor((event) => event.type === 'message_streamed');
      run.host.cancel();
    }
    await run.ended;
    expect(run.ofType('agent_started')).toHaveLength(1);
    expect(appServers(room)).toEqual([]);
  });

  it('waits beside at most fifteen others', async () => {
    await using folder = await makeAgentFolder('codex');
    // All that is asked of a server without a run.
    const greeting = `printf '{"id":1,"result":{"userAgent":"x/9.9.9"}}\\n{"id":2,"result":{}}\\n'; exec cat > /dev/null`;
    const program = await standIn(folder, greeting);
    await using servers = createSessionServers();
    const { signal } = new AbortController();
    const wanted = { program, environment: { PATH: process.env['PATH'] ?? '' }, isKnown: false };
    const leases = await Promise.all(
      Array.from({ length: 17 }, () => servers.lease(wanted, createRunRequest({ cwd: folder.cwd }), signal)),
    );
    for (const { release } of leases) await release(true);
    const [first, ...others] = leases.map(({ server }) => server);
    await first?.group.exit;
    expect(others.map(({ lost }) => lost)).toEqual(Array.from(others, () => undefined));
  });

  it('stays for as long as was asked', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    await using provider = codex({ serverIdleTime: 50 });
    await using shared = codex({ serverIdleTime: 50, shareServer: true });
    const runs = [provider, shared].map((each) => room.run({ provider: each, request: { sessionId } }));
    await Promise.all(runs.map((run) => run.outcome()));
    // Nobody ends them but the time.
    await expect.poll(() => appServers(room)).toEqual([]);
    expect(() => codex({ serverIdleTime: -1 })).toThrow(/serverIdleTime/);
  });

  it('keeps a program alive that closes its manager, until it has ended', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    const set = JSON.stringify(codexEnvironment(room.server, { home: room.home }));
    const program = join(import.meta.dirname, 'closing-program.ts');
    // Rejects with what the program said if it ends with another code than 0: of Node, with 13.
    const { stdout } = await promisify(execFile)(process.execPath, [program, room.cwd, set]);
    expect(stdout).toBe('completed\nclosed\n');
    expect(appServers(room)).toEqual([]);
  });

  it('does not outlive our process, also where nothing binds it to that', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    const set = codexEnvironment(room.server, { home: room.home });
    const child = fork(join(import.meta.dirname, 'session-child.ts'), {
      env: { ...process.env, PATH: join(room.home, 'empty') },
    });
    try {
      child.send({ cwd: room.cwd, set });
      const [answer] = await once(child, 'message');
      expect(answer).toEqual({ status: 'completed' });
      expect(appServers(room)).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
    }
    await expect.poll(() => appServers(room)).toEqual([]);
  });
});

describe('a manager', () => {
  it("ends a session's server with the session, and that of a one-off run with the run", async () => {
    await using room = await openCodexRoom((request) =>
      heardBy(request).includes('Leave something.') && !existsSync(join(room.cwd, 'begun'))
        ? { tools: [shell('setsid sleep 600 > /dev/null 2>&1 & touch begun')] }
        : { text: 'fine' },
    );
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [codex()] });
    const environment = { set: codexEnvironment(room.server, { home: room.home }) };
    const { cwd } = room;
    const permissionMode = 'dangerously_skip_permissions';
    for (const text of ['Once.', 'Leave something.']) {
      const { status, runId } = await manager.runOnce(text, { cwd, environment, permissionMode });
      expect(status).toBe('completed');
      expect(await processesWithCookie((await store.run(runId))?.cookie ?? '')).toEqual([]);
      expect(appServers(room)).toEqual([]);
    }
    expect(existsSync(join(cwd, 'begun'))).toBe(true);
    const session = await manager.createSession({ cwd });
    for (const text of ['First.', 'Second.']) await (await session.run(text, { environment })).result;
    const { events } = await session.events({ types: ['agent_started'] });
    const pids = events.map((event) =>
      event.type === 'agent_started' ? event.data.process?.pid : undefined,
    );
    expect(pids).toEqual([...appServers(room), ...appServers(room)]);
    await session.complete();
    expect(appServers(room)).toEqual([]);
  });

  it('leaves no server of a one-off run whose start could not be stored', async () => {
    await using room = await openCodexRoom([{ text: 'never' }]);
    const { store, actAt, fail } = actingStore(memoryStore());
    actAt(1, async () => {
      await expect.poll(() => appServers(room)).toHaveLength(1);
      fail();
    });
    await using manager = await createSessionManager({ store, providers: [codex()] });
    const environment = { set: codexEnvironment(room.server, { home: room.home }) };
    await expect(manager.runOnce('Once.', { cwd: room.cwd, environment })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    expect(appServers(room)).toEqual([]);
    expect(room.server.requests).toHaveLength(0);
  });

  it('recovers a run whose server hangs, and leaves that of another run alone', async () => {
    await using room = await openCodexRoom((request) =>
      // It may be told in one text with what was said before, as far as that is stored.
      heardBy(request).join('\n').includes('Second.')
        ? { text: 'slow '.repeat(20), hang: true }
        : { text: 'fine' },
    );
    const inner = memoryStore();
    const { store, refuse } = actingStore(inner);
    refuse(({ runs = [] }) => runs.some((row) => 'set' in row && row.set.status === 'completed'));
    const environment = { set: codexEnvironment(room.server, { home: room.home }) };
    await using manager = await createSessionManager({ store, providers: [codex()] });
    await using other = await createSessionManager({ store: inner, providers: [], keepOpen: true });
    const session = await manager.createSession({ cwd: room.cwd });
    const first = await session.run('First.', { environment });
    await expect(first.result).rejects.toMatchObject({ code: 'storage_unavailable' });
    const [hung = 0] = appServers(room);
    process.kill(hung, 'SIGSTOP');
    const second = await session.run('Second.', { environment });
    for await (const event of second) if (event.type === 'message_streamed') break;
    expect(appServers(room)).toHaveLength(2);
    await expect.poll(async () => await other.recover()).toMatchObject([{ id: first.id }]);
    expect(appServers(room)).not.toContain(hung);
    expect(appServers(room)).toHaveLength(1);
    expect((await second.read()).status).toBe('running');
    expect((await second.cancel()).status).toBe('cancelled');
  });
});
