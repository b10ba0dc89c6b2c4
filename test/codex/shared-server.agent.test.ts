import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import type { PermissionMode } from '../../src/domain/tool.ts';
import type { CodexNative } from '../../src/providers/codex/options.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import type { Provider, RunRequest } from '../../src/ports/provider.ts';
import { appServers } from './app-servers.ts';
import { openCodexRoom, type CodexRoom } from './codex-room.ts';
import { heardBy, shell } from './codex-step.ts';

/** Waits until a run's command has begun, and takes its mark away, so that the next run's can be waited for. */
async function begun(room: CodexRoom): Promise<void> {
  const file = join(room.cwd, 'begun');
  await expect.poll(() => existsSync(file)).toBe(true);
  await rm(file);
}

describe('a shared server', () => {
  let room: CodexRoom;
  let provider: Provider<CodexNative>;

  beforeAll(async () => {
    room = await openCodexRoom([]);
    provider = codex({ shareServer: true });
  });

  afterAll(async () => {
    await provider[Symbol.asyncDispose]?.();
    await room[Symbol.asyncDispose]();
  });

  it('serves several runs at once, each with its own', async () => {
    room.server.setScript((request) => {
      const asked = heardBy(request).find((text) => text.startsWith('I am '));
      return heardBy(request).some((text) => text.includes('of the tool'))
        ? { text: `You are ${asked?.slice(5)}.` }
        : { tools: [shell(`echo of the tool ${asked?.slice(5)}`)] };
    });
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
  });

  it('goes on with the other runs when one is cancelled in a tool', async () => {
    room.server.setScript((request) =>
      heardBy(request).some((text) => text.includes('Use kite seventeen.'))
        ? { tools: [shell('touch begun; sleep 600')] }
        : { text: 'slow '.repeat(50), chunks: 50, chunkDelay: 20 },
    );
    const other = room.run({ provider });
    const run = room.run({ provider, request: { text: 'Use kite seventeen.' } });
    await begun(room);
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
    room.server.setScript([{ tools: [shell(command)] }, { text: 'never' }]);
    const run = room.run({ provider, request: { permissionMode } });
    await begun(room);
    const before = appServers(room);
    expect((await processesWithCookie(run.cookie))?.length).toBeGreaterThan(0);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await processesWithCookie(run.cookie)).toEqual([]);
    expect(appServers(room)).toEqual(before);
  });

  it('takes the settings of each run, also of one that goes on', async () => {
    room.server.setScript(() => ({ text: 'fine' }));
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

  it('that dies fails all its runs, and the next run has a new one', async () => {
    room.server.setScript(() => ({ text: 'I begin', hang: true }));
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

  it('that answers nothing is ended by a cancel', async () => {
    room.server.setScript([{ text: 'I begin', hang: true }]);
    const run = room.run({ provider });
    await run.waitFor((event) => event.type === 'message_streamed');
    for (const pid of appServers(room)) process.kill(pid, 'SIGSTOP');
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(appServers(room)).toEqual([]);
  });

  it('is another one for another environment', async () => {
    room.server.setScript(() => ({ text: 'fine' }));
    await room.run({ provider }).outcome();
    await room.run({ provider, variables: { RUST_LOG: 'warn' } }).outcome();
    expect(appServers(room)).toHaveLength(2);
  });

  it('ends with its provider', async () => {
    expect(appServers(room)).not.toEqual([]);
    await provider[Symbol.asyncDispose]?.();
    expect(appServers(room)).toEqual([]);
  });
});
