import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Authorization } from '../../src/domain/tool.ts';
import { timeSortedIds } from '../../src/domain/id.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { openCodexRoom } from './codex-room.ts';
import { heardBy, shell } from './codex-step.ts';

const never = (): Promise<Authorization> => new Promise(() => undefined);

describe('interrupting', () => {
  it('withdraws an open question, does not run the tool, and keeps the conversation', async () => {
    await using room = await openCodexRoom([{ tools: [shell('touch made')] }, { text: 'Here again.' }]);
    const run = room.run({ request: { text: 'Mind the red kite.' }, authorize: never });
    await expect.poll(() => run.host.questions.length, { timeout: 300_000 }).toBe(1);
    run.host.interrupt();
    const outcome = await run.outcome();
    expect(outcome.status).toBe('interrupted');
    expect(run.host.questions[0]?.answer).toBe('withdrawn');
    expect(existsSync(join(room.cwd, 'made'))).toBe(false);
    const handle = { id: outcome.handle?.id ?? '', runId: timeSortedIds('run') };
    await room.run({ request: { resume: { handle, fork: false } } }).outcome();
    expect(heardBy(room.server.mainRequests.at(-1)).join('\n')).toContain('Mind the red kite.');
  });

  it('of a tool that runs tells it as interrupted', async () => {
    await using room = await openCodexRoom([{ tools: [shell('touch begun; sleep 600')] }, { text: 'never' }]);
    const run = room.run();
    await expect.poll(() => existsSync(join(room.cwd, 'begun')), { timeout: 300_000 }).toBe(true);
    run.host.interrupt();
    await expect(run.outcome()).resolves.toMatchObject({ status: 'interrupted' });
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'interrupted' } }]);
    expect(await processesWithCookie(run.cookie)).toEqual([]);
  });
});

describe('cancelling', () => {
  it('while a question is open asks the model nothing more, and leaves nothing', async () => {
    await using room = await openCodexRoom([{ tools: [shell('touch made')] }, { text: 'never' }]);
    const run = room.run({ authorize: never });
    await expect.poll(() => run.host.questions.length, { timeout: 300_000 }).toBe(1);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(room.server.mainRequests).toHaveLength(1);
    expect(await processesWithCookie(run.cookie)).toEqual([]);
  });

  it('ends what a command left running in a session of its own', async () => {
    const command = 'setsid sleep 600 > /dev/null 2>&1 & touch begun; sleep 600';
    await using room = await openCodexRoom([{ tools: [shell(command)] }, { text: 'never' }]);
    const run = room.run({ request: { permissionMode: 'dangerously_skip_permissions' } });
    await expect.poll(() => existsSync(join(room.cwd, 'begun')), { timeout: 300_000 }).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await processesWithCookie(run.cookie)).toEqual([]);
  });
});

describe('steering', () => {
  it('is refused when it says nothing, and after the turn', async () => {
    await using room = await openCodexRoom([{ text: 'slow '.repeat(20), chunks: 20, chunkDelay: 10 }]);
    const run = room.run();
    await run.waitFor((event) => event.type === 'message_streamed');
    await expect(run.host.steer('  ')).resolves.toMatchObject({ as: 'refused' });
    await run.outcome();
    await expect(run.host.steer('too late')).resolves.toMatchObject({ as: 'refused' });
  });
});
