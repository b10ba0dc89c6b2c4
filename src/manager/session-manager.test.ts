import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../domain/event.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

async function collect(events: AsyncIterable<LogEvent>): Promise<LogEvent[]> {
  const all: LogEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function open(script: Parameters<typeof scriptedProvider>[0]): Promise<SessionManager> {
  return createSessionManager({
    store: memoryStore(),
    providers: [scriptedProvider(script)],
    deltas: 'each',
  });
}

describe('the way of a run', () => {
  it('streams stored events from run_created to exactly one terminal event', async () => {
    await using manager = await open([
      { say: 'Hello world', chunks: 3 },
      { usage: { inputTokens: 10, outputTokens: 2 } },
    ]);
    const session = await manager.createSession({ provider: 'scripted' });
    await using run = await session.run('Say hello');
    const events = await collect(run);
    const streamed = events.flatMap((event) => (event.type === 'message_streamed' ? [event.data.text] : []));
    expect(streamed.join('')).toBe('Hello world');
    expect(streamed.length).toBeGreaterThan(1);
    expect(events.map((event) => event.type).filter((type) => type !== 'message_streamed')).toEqual([
      'run_created',
      'run_started',
      'message_sent',
      'agent_started',
      'message_received',
      'token_usage_updated',
      'run_completed',
    ]);
    const result = await run.result;
    expect(result).toMatchObject({
      status: 'completed',
      output: 'Hello world',
      usage: { inputTokens: 10, outputTokens: 2 },
    });
    const page = await session.events();
    expect(page.events.map((event) => event.seq)).toEqual(
      Array.from({ length: page.latestSeq }, (_, index) => index + 1),
    );
    expect(page.events.slice(0, 2).map((event) => event.type)).toEqual([
      'session_created',
      'session_activated',
    ]);
    expect((await session.complete()).status).toBe('completed');
  });

  it('gives the same events to who joins late, twice, and in another manager', async () => {
    const store = memoryStore();
    const provider = scriptedProvider([{ say: 'one two three', chunks: 5 }]);
    await using manager = await createSessionManager({
      store,
      providers: [provider],
      deltas: 'each',
      keepOpen: true,
    });
    const session = await manager.createSession();
    const run = await session.run('go');
    const live = await collect(run);
    expect(await collect(run)).toEqual(live);
    await using other = await createSessionManager({ store, providers: [] });
    const handle = await other.getRun(run.id);
    expect(await collect(handle)).toEqual(live);
    expect((await handle.result).status).toBe('completed');
  });

  it('asks the caller before a tool runs and keeps the decision', async () => {
    await using manager = await open([
      {
        tool: { name: 'Bash', tool: 'bash', kind: 'execute', input: { command: 'ls' }, command: 'ls' },
        result: { output: 'a' },
      },
      { say: 'done' },
    ]);
    const session = await manager.createSession();
    const asked: string[] = [];
    const run = await session.run('go', {
      authorize: (call) => {
        asked.push(`${call.tool} ${call.proposed}`);
        return { decision: 'deny', reason: 'not today' };
      },
    });
    const events = await collect(run);
    expect(asked).toEqual(['bash ask']);
    expect(events.filter((event) => event.type === 'tool_call_started')).toHaveLength(1);
    expect(events.find((event) => event.type === 'tool_call_decided')?.data).toMatchObject({
      decision: 'deny',
      by: 'caller',
      reason: 'not today',
    });
  });

  it('cancels: one terminal event, and the result says so', async () => {
    await using manager = await open([{ say: 'x' }, { hang: true }]);
    const session = await manager.createSession();
    const run = await session.run('go');
    for await (const event of run) if (event.type === 'message_received') break;
    const [first, second] = await Promise.all([run.cancel('enough'), run.cancel('twice')]);
    expect(first.status).toBe('cancelled');
    expect(second.status).toBe('cancelled');
    const ends = (await collect(run)).filter(
      (event) => event.type.startsWith('run_c') && event.type === 'run_cancelled',
    );
    expect(ends).toHaveLength(1);
    expect((await run.cancel()).status).toBe('cancelled');
  });

  it('steers and interrupts', async () => {
    await using manager = await open([{ awaitSteering: true }, { say: 'noted' }, { hang: true }]);
    const session = await manager.createSession();
    const run = await session.run('go');
    expect(await run.steer('look left')).toEqual({ as: 'delivered' });
    for await (const event of run) if (event.type === 'message_received') break;
    const result = await run.interrupt();
    expect(result).toMatchObject({ status: 'completed', interrupted: true });
    await expect(run.steer('late')).rejects.toMatchObject({ code: 'invalid_operation' });
  });

  it('redacts what is stored, also across deltas and in the input', async () => {
    const secret = `sk-ant-api03-${'a1B2'.repeat(12)}`;
    await using manager = await open([{ say: `the key is ${secret} ok`, chunks: 20 }]);
    const session = await manager.createSession();
    const run = await session.run(`use ${secret}`);
    const text = JSON.stringify([await collect(run), await run.read(), await session.read()]);
    expect(text).not.toContain(secret.slice(0, 24));
    expect(text).toContain('[REDACTED:');
  });
});

describe('createSession', () => {
  it.each([
    ['that is not there', '/nowhere/at/all'],
    ['that is a file', import.meta.filename],
  ])('refuses a folder %s at once, and writes nothing', async (_what, cwd) => {
    await using manager = await open([{ say: 'x' }]);
    await expect(manager.createSession({ cwd })).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await manager.sessions()).rows).toEqual([]);
  });
});
