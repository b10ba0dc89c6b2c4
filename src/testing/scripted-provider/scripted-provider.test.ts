import { describe, expect, it } from 'vitest';
import { AsmError } from '../../domain/error.ts';
import type { Authorization } from '../../domain/tool.ts';
import type { Provider } from '../../ports/provider.ts';
import { createTestClock } from '../deterministic-clock.ts';
import { collectRun, type CollectedRun } from '../run-collector.ts';
import { createRunRequest } from '../run-request.ts';
import { createTestHost, type TestHost } from '../test-host.ts';
import { scriptedProvider } from './scripted-provider.ts';
import type { ScriptedToolStep } from './script-step.ts';

const list: ScriptedToolStep = {
  tool: { name: 'Shell', tool: 'bash', kind: 'execute', input: { command: 'ls' }, command: 'ls' },
  result: (input) => ({ output: `ran ${String(input['command'])}`, exitCode: 0 }),
};

function start(provider: Provider, host: TestHost = createTestHost()): CollectedRun {
  return collectRun(provider, createRunRequest({ cwd: '/', text: 'begin' }), host);
}

async function types(run: CollectedRun): Promise<readonly string[]> {
  await run.ended;
  return run.events.map((event) => event.type);
}

describe('a script', () => {
  it('says, reasons, uses tools and reports usage in its order', async () => {
    const run = start(
      scriptedProvider([
        { reason: 'think', chunks: 0 },
        { say: 'hello there', chunks: 2 },
        { usage: { inputTokens: 3 } },
        { ...list, output: [{ stream: 'stdout', text: 'x' }] },
        { usage: { outputTokens: 4 }, cost: { usd: '0.5', source: 'provider' } },
      ]),
    );
    expect(await types(run)).toEqual([
      'agent_started',
      'reasoning_received',
      'message_streamed',
      'message_streamed',
      'message_received',
      'token_usage_updated',
      'tool_call_started',
      'tool_output_streamed',
      'tool_call_completed',
      'token_usage_updated',
    ]);
    expect((await run.ended).outcome).toMatchObject({
      status: 'completed',
      output: 'hello there',
      usage: { inputTokens: 3, outputTokens: 4 },
      cost: { usd: '0.5' },
    });
    expect(run.ofType('tool_call_completed')[0]?.data.output).toBe('ran ls');
  });

  it('streams as many pieces as it is told and gives the whole text', async () => {
    const piece = 'x'.repeat(64);
    const run = start(scriptedProvider([{ stream: piece, times: 1000 }, { usage: { outputTokens: 1000 } }]));
    expect((await types(run)).filter((type) => type === 'message_streamed')).toHaveLength(1000);
    expect(run.ofType('message_received')[0]?.data.text).toBe(piece.repeat(1000));
  });

  it('may be made while it runs, from what was said', async () => {
    const run = start(
      scriptedProvider(({ history }) => [
        { say: `you: ${history[0]}` },
        { call: async ({ history: now }) => [{ say: `texts: ${now.length}` }] },
      ]),
    );
    expect((await run.ended).outcome?.output).toBe('texts: 2');
    expect(run.ofType('message_received')[0]?.data.text).toBe('you: begin');
  });

  it('throws what it is told to throw, AsmError or garbage', async () => {
    const error = new AsmError('rate_limited', 'too fast');
    expect(await start(scriptedProvider([{ fail: error }])).ended).toEqual({ error });
    expect(await start(scriptedProvider([{ fail: 'garbage' }])).ended).toEqual({ error: 'garbage' });
  });

  it('waits on the clock that it is given', async () => {
    const clock = createTestClock();
    const run = start(scriptedProvider([{ say: 'a' }, { wait: 60_000 }, { say: 'b' }], { clock }));
    await run.waitFor((event) => event.type === 'message_received');
    while (clock.pendingTimers === 0) await new Promise(setImmediate);
    expect(run.ofType('message_received')).toHaveLength(1);
    clock.advance(60_000);
    expect((await run.ended).outcome?.output).toBe('b');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a tool call of a script', () => {
  it('waits for the answer, takes changed input and reports a denial', async () => {
    const answers: Authorization[] = [
      { decision: 'allow', changedInput: { command: 'pwd' } },
      { decision: 'deny', reason: 'no' },
    ];
    const host = createTestHost({ authorize: () => answers.shift() ?? { decision: 'allow' } });
    const run = start(
      scriptedProvider([list, list, { ...list, result: { output: 'bad', failed: true } }]),
      host,
    );
    await run.ended;
    expect(run.ofType('tool_call_completed').map((event) => event.data.output)).toEqual(['ran pwd']);
    expect(run.ofType('tool_call_failed').map((event) => event.data.reason)).toEqual(['denied', 'error']);
    expect(host.questions.map((question) => question.call.id)).toEqual(
      run.ofType('tool_call_started').map((event) => event.data.toolCallId),
    );
  });

  it('is withdrawn by a cancel', async () => {
    const host = createTestHost({ authorize: () => new Promise(() => undefined) });
    const run = start(scriptedProvider([list]), host);
    await run.waitFor((event) => event.type === 'tool_call_started');
    while (host.questions.length === 0) await new Promise(setImmediate);
    host.cancel('enough');
    expect((await run.ended).error).toMatchObject({ code: 'cancelled', message: 'enough' });
    expect(host.questions[0]?.answer).toBe('withdrawn');
    expect(run.ofType('tool_call_failed')[0]?.data.reason).toBe('interrupted');
  });
});

describe('a running script', () => {
  it('is cancelled while it hangs, and between the pieces of a text', async () => {
    const host = createTestHost();
    const hanging = start(scriptedProvider([{ say: 'a' }, { hang: true }]), host);
    await hanging.waitFor((event) => event.type === 'message_received');
    host.cancel();
    expect((await hanging.ended).error).toMatchObject({ code: 'cancelled' });

    const other = createTestHost();
    const run = scriptedProvider([{ stream: 'x', times: 1_000_000 }]).run(
      createRunRequest({ cwd: '/' }),
      other,
    );
    for (let count = 0; count < 10; count++) await run.next();
    other.cancel();
    await expect(run.next()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('may ignore a cancel for a while', async () => {
    const clock = createTestClock();
    const host = createTestHost();
    const run = start(scriptedProvider([{ wait: 1000, ignoreAbort: true }], { clock }), host);
    while (clock.pendingTimers === 0) await new Promise(setImmediate);
    host.cancel();
    let settled = false;
    void run.ended.then(() => (settled = true));
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    clock.advance(1000);
    expect((await run.ended).error).toMatchObject({ code: 'cancelled' });
  });

  it('hears steering and is interrupted', async () => {
    const host = createTestHost();
    const run = start(scriptedProvider([{ awaitSteering: true }, { hang: true }]), host);
    expect(await host.steer('left')).toEqual({ as: 'accepted' });
    await run.waitFor((event) => event.type === 'message_received' && event.data.text === 'Heard: left');
    host.interrupt();
    expect((await run.ended).outcome).toMatchObject({ status: 'interrupted', output: 'Heard: left' });
    expect(await host.steer('too late')).toMatchObject({ as: 'refused' });
  });

  it('refuses steering that it does not claim', async () => {
    const host = createTestHost();
    const run = start(scriptedProvider([{ hang: true }], { capabilities: { steer: 'unsupported' } }), host);
    expect(await host.steer('left')).toMatchObject({ as: 'refused' });
    host.cancel();
    await run.ended;
  });
});

describe('misbehaviour', () => {
  it('reaches the reader as it is', async () => {
    const late = { type: 'warning_raised', data: { code: 'late', message: 'late' } } as const;
    let called = 0;
    const provider = scriptedProvider([{ emitRaw: 'no event' }], {
      misbehaviour: {
        skipAgentStarted: true,
        eventsAfterEnd: [late],
        outcome: { value: 7 },
        afterEnd: () => called++,
      },
    });
    const host = createTestHost();
    const run = provider.run(createRunRequest({ cwd: '/' }), host);
    expect(await run.next()).toEqual({ done: false, value: 'no event' });
    expect(await run.next()).toEqual({ done: true, value: 7 });
    expect(await run.next()).toEqual({ done: false, value: late });
    expect(await run.next()).toEqual({ done: true, value: undefined });
    expect(called).toBe(1);
    host.end();
  });

  it('asks after the end and is refused', async () => {
    const asked = Promise.withResolvers<unknown>();
    const provider = scriptedProvider([], {
      misbehaviour: {
        afterEnd: (host) =>
          setImmediate(() =>
            host
              .authorize({ ...list.tool, id: 'late' }, { signal: new AbortController().signal })
              .catch(asked.resolve),
          ),
      },
    });
    await start(provider).ended;
    expect(await asked.promise).toMatchObject({ code: 'cancelled' });
  });
});
