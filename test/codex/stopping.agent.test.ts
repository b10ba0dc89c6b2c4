import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Authorization } from '../../src/domain/tool.ts';
import { timeSortedIds } from '../../src/domain/id.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { isMainRequest } from '../../src/testing/model-server/model-request.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost } from '../../src/testing/test-host.ts';
import { openCodexRoom } from './codex-room.ts';
import { heardBy, shell } from './codex-step.ts';

const never = (): Promise<Authorization> => new Promise(() => undefined);

describe('interrupting', () => {
  it('withdraws an open question, does not run the tool, and keeps the conversation', async () => {
    await using room = await openCodexRoom([
      { tools: [shell('touch made')] },
      { text: 'slow '.repeat(20), chunks: 20, chunkDelay: 10 },
    ]);
    const run = room.run({ request: { text: 'Mind the red kite.' }, authorize: never });
    await expect.poll(() => run.host.questions.length).toBe(1);
    run.host.interrupt();
    const outcome = await run.outcome();
    expect(outcome.status).toBe('interrupted');
    expect(run.host.questions[0]?.answer).toBe('withdrawn');
    expect(existsSync(join(room.cwd, 'made'))).toBe(false);
    const handle = { id: outcome.handle?.id ?? '', runId: timeSortedIds('run') };
    const next = room.run({ request: { resume: { handle, fork: false } } });
    // Steering is refused when it says nothing, and after the turn.
    await next.waitFor((event) => event.type === 'message_streamed');
    await expect(next.host.steer('  ')).resolves.toMatchObject({ as: 'refused' });
    await next.outcome();
    await expect(next.host.steer('too late')).resolves.toMatchObject({ as: 'refused' });
    expect(heardBy(room.server.mainRequests.at(-1)).join('\n')).toContain('Mind the red kite.');
  });

  it('of a tool that runs tells it as interrupted', async () => {
    await using room = await openCodexRoom([{ tools: [shell('touch begun; sleep 600')] }, { text: 'never' }]);
    const run = room.run();
    await expect.poll(() => existsSync(join(room.cwd, 'begun'))).toBe(true);
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
    await expect.poll(() => run.host.questions.length).toBe(1);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'interrupted' } }]);
    expect(room.server.mainRequests).toHaveLength(1);
    expect(await processesWithCookie(run.cookie)).toEqual([]);
  });
});

describe("a run's commands", () => {
  it.each(['core', 'all'])('are found again where the configuration lets through: %s', async (inherit) => {
    const command = 'setsid sleep 600 > /dev/null 2>&1 & echo $OWN > own; touch begun; sleep 600';
    await using room = await openCodexRoom(
      [{ tools: [shell(command)] }, { text: 'never' }],
      [`shell_environment_policy = { inherit = "${inherit}", set = { OWN = "kept" } }`],
    );
    const run = room.run({ request: { permissionMode: 'dangerously_skip_permissions' } });
    await expect.poll(() => existsSync(join(room.cwd, 'begun'))).toBe(true);
    // Codex itself, the shell or what it became, and the one in a session of its own.
    await expect.poll(async () => (await processesWithCookie(run.cookie))?.length).toBeGreaterThanOrEqual(3);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await processesWithCookie(run.cookie)).toEqual([]);
    expect(readFileSync(join(room.cwd, 'own'), 'utf8')).toBe('kept\n');
  });
});

describe('a turn', () => {
  it('begins while the start of the agent is stored, and is told after it', async () => {
    await using room = await openCodexRoom([{ text: 'Begun.' }]);
    const set = codexEnvironment(room.server, { home: room.home });
    const request = createRunRequest({ cwd: room.cwd, environment: { set }, lastRun: true });
    const events = codex().run(request, createTestHost());
    const started = await events.next();
    await room.server.waitForRequest(isMainRequest, { timeout: 300_000 });
    const types: string[] = [];
    for (let next = started; next.done !== true; next = await events.next()) types.push(next.value.type);
    expect(types[0]).toBe('agent_started');
    expect(types).toContain('message_received');
  });

  it('of a run that is left at its start is left, too', async () => {
    await using room = await openCodexRoom([{ text: 'Begun.', hang: true }]);
    const set = codexEnvironment(room.server, { home: room.home });
    const request = createRunRequest({ cwd: room.cwd, environment: { set }, lastRun: true });
    const events = codex().run(request, createTestHost());
    expect(await events.next()).toMatchObject({ value: { type: 'agent_started' } });
    await room.server.waitForRequest(isMainRequest, { timeout: 300_000 });
    await events.return({ status: 'interrupted' });
    expect(await processesWithCookie(request.cookie)).toEqual([]);
  });
});
