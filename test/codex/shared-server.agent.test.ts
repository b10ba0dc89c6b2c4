import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import type { PermissionMode } from '../../src/domain/tool.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import type { RunRequest } from '../../src/ports/provider.ts';
import { appServers } from './app-servers.ts';
import { openCodexRoom } from './codex-room.ts';
import { heardBy, shell } from './codex-step.ts';

describe('a shared server', () => {
  it('serves several runs at once, each with its own', async () => {
    await using room = await openCodexRoom((request) => {
      const asked = heardBy(request).find((text) => text.startsWith('I am '));
      return heardBy(request).some((text) => text.includes('of the tool'))
        ? { text: `You are ${asked?.slice(5)}.` }
        : { tools: [shell(`echo of the tool ${asked?.slice(5)}`)] };
    });
    await using provider = codex({ shareServer: true });
    const names = ['Ada', 'Ben', 'Cleo', 'Dan'];
    const runs = names.map((name) => room.run({ provider, request: { text: `I am ${name}` } }));
    const outcomes = await Promise.all(runs.map((run) => run.outcome()));
    expect(outcomes.map(({ output }) => output)).toEqual(names.map((name) => `You are ${name}.`));
    for (const [index, run] of runs.entries()) {
      expect(run.host.questions.map(({ call }) => call.command)).toEqual([
        `echo of the tool ${names[index]}`,
      ]);
      expect(run.ofType('agent_started')[0]?.data.process).toBeUndefined();
    }
    expect(appServers(room)).toHaveLength(1);
    await provider[Symbol.asyncDispose]();
    expect(appServers(room)).toEqual([]);
  });

  it('is another one for another environment', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    await using provider = codex({ shareServer: true });
    await room.run({ provider }).outcome();
    await room.run({ provider, variables: { RUST_LOG: 'warn' } }).outcome();
    expect(appServers(room)).toHaveLength(2);
  });

  it('that dies fails all its runs, and the next run has a new one', async () => {
    await using room = await openCodexRoom(() => ({ text: 'I begin', hang: true }));
    await using provider = codex({ shareServer: true });
    const runs = [room.run({ provider }), room.run({ provider })];
    for (const run of runs) await run.waitFor((event) => event.type === 'message_streamed');
    const [pid = 0] = appServers(room);
    process.kill(pid, 'SIGKILL');
    for (const run of runs)
      await expect(run.outcome()).rejects.toMatchObject({
        code: 'agent_crashed',
        provider: { signal: 'SIGKILL' },
      });
    room.server.setScript([{ text: 'As if nothing had been.' }]);
    await expect(room.run({ provider }).outcome()).resolves.toMatchObject({
      output: 'As if nothing had been.',
    });
    expect(appServers(room)).not.toContain(pid);
  });

  it('goes on with the other runs when one is cancelled in a tool', async () => {
    await using room = await openCodexRoom((request) =>
      heardBy(request).some((text) => text.includes('Use kite seventeen.'))
        ? { tools: [shell('touch begun; sleep 600')] }
        : { text: 'slow '.repeat(50), chunks: 50, chunkDelay: 20 },
    );
    await using provider = codex({ shareServer: true });
    const other = room.run({ provider });
    const run = room.run({ provider, request: { text: 'Use kite seventeen.' } });
    await expect.poll(() => existsSync(join(room.cwd, 'begun')), { timeout: 300_000 }).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    await expect(other.outcome()).resolves.toMatchObject({ status: 'completed' });
    expect(appServers(room)).toHaveLength(1);
  });

  it.each<[string, PermissionMode]>([
    ['in the sandbox', 'default'],
    ['outside of it', 'dangerously_skip_permissions'],
  ])('keeps nothing of what a run left behind %s, and lives on', async (_where, permissionMode) => {
    const command = 'setsid sleep 600 > /dev/null 2>&1 & touch begun; sleep 600';
    await using room = await openCodexRoom([{ tools: [shell(command)] }, { text: 'never' }]);
    await using provider = codex({ shareServer: true });
    const run = room.run({ provider, request: { permissionMode } });
    await expect.poll(() => existsSync(join(room.cwd, 'begun')), { timeout: 300_000 }).toBe(true);
    const before = appServers(room);
    expect((await processesWithCookie(run.cookie))?.length).toBeGreaterThan(0);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await processesWithCookie(run.cookie)).toEqual([]);
    expect(appServers(room)).toEqual(before);
  });

  it('that answers nothing is ended by a cancel', async () => {
    await using room = await openCodexRoom([{ text: 'I begin', hang: true }]);
    await using provider = codex({ shareServer: true });
    const run = room.run({ provider });
    await run.waitFor((event) => event.type === 'message_streamed');
    for (const pid of appServers(room)) process.kill(pid, 'SIGSTOP');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(appServers(room)).toEqual([]);
  });

  it('takes the settings of each run, also of one that goes on', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    await using provider = codex({ shareServer: true });
    const begun = await room.run({ provider, request: { permissionMode: 'plan' } }).outcome();
    await writeFile(join(room.cwd, 'AGENTS.md'), 'The rule 77 is new.');
    const handle = { id: begun.handle?.id ?? '', runId: timeSortedIds('run') };
    const request: Partial<RunRequest> = {
      permissionMode: 'full_auto',
      model: 'gpt-5.4',
      resume: { handle, fork: false },
    };
    const run = room.run({ provider, request });
    await run.outcome();
    expect(run.events[0]).toMatchObject({ data: { model: 'gpt-5.4', continuity: 'native' } });
    expect(heardBy(room.server.mainRequests.at(-1)).join('\n')).toContain('rule 77');
  });
});
