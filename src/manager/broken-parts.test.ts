import { describe, expect, it } from 'vitest';
import { checkLog, collect, typesOf, waitForEvent, type SessionLog } from '../../test/manager/log-check.ts';
import { listCommand } from '../../test/manager/still-run.ts';
import { AsmError } from '../domain/error.ts';
import type { ToolCall } from '../domain/tool.ts';
import type { Provider, RunHost } from '../ports/provider.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import {
  scriptedProvider,
  type ScriptedProviderOptions,
} from '../testing/scripted-provider/scripted-provider.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import type { Authorize } from './gate.ts';
import type { CommonRunOptions } from './run-options.ts';
import type { RunResult } from './run-result.ts';
import { createSessionManager } from './session-manager.ts';

interface Ended extends SessionLog {
  readonly result: RunResult;
}

/** Runs a provider to the end on a clock that stands still, and checks that nothing is left. */
async function run(provider: Provider, options: CommonRunOptions = {}): Promise<Ended> {
  const clock = createTestClock();
  const store = memoryStore();
  await using manager = await createSessionManager({ store, providers: [provider], clock });
  const session = await manager.createSession();
  const handle = await session.run('go', options);
  const result = await handle.result;
  await new Promise(setImmediate);
  expect(clock.pendingTimers).toBe(0);
  const log = await checkLog(store, session.id);
  expect(await collect(handle)).toEqual(log.events.filter((event) => event.runId === handle.id));
  return { result, ...log };
}

function script(steps: readonly ScriptStep[], options: ScriptedProviderOptions = {}): Provider {
  return scriptedProvider(steps, options);
}

/** A provider whose run is this generator. */
function custom(play: (host: RunHost) => AsyncGenerator<unknown, unknown, void>): Provider {
  return {
    ...script([]),
    run: (_request, host) => play(host) as ReturnType<Provider['run']>,
  };
}

/** A value that can't even be made a text. */
const unprintable: unknown = Object.create(null);

const started = { type: 'agent_started', data: { continuity: 'fresh' } };

function errorOf({ result }: Ended): AsmError | undefined {
  return 'error' in result ? result.error : undefined;
}

describe('a caller that decides about tools', () => {
  const broken: readonly (readonly [string, unknown])[] = [
    ['throws', () => Promise.reject(new Error('no idea'))],
    [
      'throws at once',
      () => {
        throw new Error('no idea');
      },
    ],
    ['throws what can not be printed', () => Promise.reject(unprintable)],
    ['gives nothing', () => undefined],
    ['gives a word', () => 'yes'],
    ['gives an unknown decision', () => ({ decision: 'maybe' })],
    ['refuses without a reason', () => ({ decision: 'deny' })],
    ['changes the input to no object', () => ({ decision: 'allow', changedInput: 'rm -rf /' })],
    ['changes the input to a list', () => ({ decision: 'allow', changedInput: ['rm'] })],
  ];
  it.each(broken)('and %s refuses the call', async (_how, authorize) => {
    let ran = false;
    const tool: ScriptStep = {
      tool: listCommand,
      result: () => {
        ran = true;
        return { output: '' };
      },
    };
    const ended = await run(script([tool, { say: 'done' }]), { authorize: authorize as Authorize });
    expect(ran).toBe(false);
    expect(ended.result).toMatchObject({ status: 'completed', output: 'done' });
    expect(ended.events.find((event) => event.type === 'warning_raised')?.data).toMatchObject({
      code: 'authorize_failed',
    });
    expect(ended.events.find((event) => event.type === 'tool_call_decided')?.data).toMatchObject({
      decision: 'deny',
      by: 'default',
    });
  });

  it('and never answers is let go when the agent ends without its answer', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    let refused: unknown;
    const provider = custom(async function* (host) {
      yield started;
      const call: ToolCall = { ...listCommand, id: 'call' };
      void host.authorize(call, { signal: host.signal }).catch((thrown: unknown) => (refused = thrown));
      await asked.promise;
      return { status: 'completed' };
    });
    const ended = await run(provider, {
      limits: { total: 1_000 },
      authorize: (_call, { signal }) => {
        asked.resolve(signal);
        return new Promise(() => undefined);
      },
    });
    expect(ended.result.status).toBe('completed');
    expect((await asked.promise).aborted).toBe(true);
    expect(refused).toMatchObject({ code: 'cancelled' });
  });

  it('and answers after the end changes nothing any more', async () => {
    const answer = Promise.withResolvers<{ readonly decision: 'allow' }>();
    const provider = custom(async function* (host) {
      yield started;
      const call: ToolCall = { ...listCommand, id: 'call' };
      host.authorize(call, { signal: host.signal }).catch(() => undefined);
      await new Promise(setImmediate);
      throw new AsmError('agent_crashed', 'gone');
    });
    const clock = createTestClock();
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [provider], clock });
    const session = await manager.createSession();
    const handle = await session.run('go', { limits: { total: 1_000 }, authorize: () => answer.promise });
    expect(await handle.result).toMatchObject({ status: 'failed', error: { code: 'agent_crashed' } });
    const before = await checkLog(store, session.id);
    answer.resolve({ decision: 'allow' });
    await new Promise(setImmediate);
    expect(clock.pendingTimers).toBe(0);
    expect(await checkLog(store, session.id)).toEqual(before);
  });
});

describe('a provider', () => {
  it('that gives events which only the library may write is not believed', async () => {
    const foreign = ['run_completed', 'session_cancelled', 'tool_call_decided', 'message_sent', 'nonsense'];
    const ended = await run(
      script([...foreign.map((type) => ({ emitRaw: { type, data: { usage: {} } } })), { say: 'done' }]),
    );
    expect(ended.result).toMatchObject({ status: 'completed', output: 'done' });
    const warnings = ended.events.filter((event) => event.type === 'warning_raised');
    expect(warnings.map((event) => event.data)).toEqual(
      foreign.map((type) => ({ code: 'event_refused', message: expect.stringContaining(type) })),
    );
    expect(typesOf(ended.events).filter((type) => type === 'message_sent')).toHaveLength(1);
  });

  const garbage: readonly unknown[] = [
    undefined,
    null,
    7,
    'message_streamed',
    [],
    {},
    { type: 7 },
    { type: 'message_received' },
    { type: 'message_received', data: null },
    { type: 'message_received', data: { messageId: 'm', role: 'assistant' } },
    { type: 'message_streamed', data: { messageId: 'm', text: 42 } },
    { type: 'message_streamed', data: { text: 'no id' } },
    { type: 'reasoning_streamed', data: { messageId: 'm', text: null } },
    { type: 'tool_output_streamed', data: { toolCallId: 't', stream: 'stdout', text: {} } },
    { type: 'tool_call_started', data: { name: 'Bash' } },
    { type: 'token_usage_updated', data: { usage: 'much' } },
    { type: 'token_usage_updated', data: { usage: { inputTokens: 1n } } },
  ];
  it('that gives garbage is not believed, and what else it says is kept', async () => {
    const ended = await run(
      script([{ say: 'before' }, ...garbage.map((emitRaw) => ({ emitRaw })), { say: 'after' }]),
    );
    expect(ended.result).toMatchObject({ status: 'completed', output: 'after' });
    const warnings = ended.events.filter((event) => event.type === 'warning_raised');
    expect(warnings).toHaveLength(garbage.length);
    expect(new Set(warnings.map((event) => event.data.code))).toEqual(new Set(['event_refused']));
  });

  it('whose values JSON does not know is stored as far as it can be', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const ended = await run(
      script([
        { emitRaw: { type: 'turn_completed', data: { stopReason: 'x', odd: 1n, cyclic } } },
        { emitRaw: { type: 'unparsed', data: { raw: cyclic } } },
        { say: 'after' },
      ]),
    );
    expect(ended.result).toMatchObject({ status: 'completed', output: 'after' });
    expect(typesOf(ended.events)).toContain('turn_completed');
    expect(typesOf(ended.events)).toContain('unparsed');
  });

  const failures: readonly (readonly [string, Provider, string])[] = [
    [
      'speaks before agent_started',
      script([{ say: 'x' }], { misbehaviour: { skipAgentStarted: true } }),
      'agent_protocol_error',
    ],
    [
      'throws one of our errors',
      script([{ fail: new AsmError('rate_limited', 'slow down') }]),
      'rate_limited',
    ],
    ['throws an error', script([{ fail: new TypeError('oops') }]), 'internal_error'],
    ['throws text', script([{ fail: 'oops' }]), 'internal_error'],
    ['throws nothing', script([{ fail: undefined }]), 'internal_error'],
    ['throws what can not be printed', script([{ fail: unprintable }]), 'internal_error'],
    [
      'returns no outcome',
      script([], { misbehaviour: { outcome: { value: undefined } } }),
      'agent_protocol_error',
    ],
    ['returns a word', script([], { misbehaviour: { outcome: { value: 'done' } } }), 'agent_protocol_error'],
    [
      'returns an unknown outcome',
      script([], { misbehaviour: { outcome: { value: { status: 'fine' } } } }),
      'agent_protocol_error',
    ],
    [
      'returns usage that is none',
      script([], { misbehaviour: { outcome: { value: { status: 'completed', usage: 'much' } } } }),
      'agent_protocol_error',
    ],
    [
      'says nothing at all',
      custom(async function* () {
        // A generator without a single event.
      }),
      'agent_protocol_error',
    ],
    [
      'ends before it has started its agent',
      script([], { misbehaviour: { skipAgentStarted: true } }),
      'agent_protocol_error',
    ],
    [
      'can not even begin',
      {
        ...script([]),
        run: () => {
          throw new AsmError('agent_not_installed', 'There is no agent.');
        },
      },
      'agent_not_installed',
    ],
    [
      'gives garbage first',
      custom(async function* () {
        yield undefined;
      }),
      'agent_protocol_error',
    ],
  ];
  it.each(failures)('that %s fails the run', async (_how, provider, code) => {
    const ended = await run(provider);
    expect(ended.result.status).toBe('failed');
    expect(errorOf(ended)?.code).toBe(code);
    expect(ended.events.at(-1)).toMatchObject({ type: 'run_failed', data: { error: { code } } });
  });

  it('that goes on after its end is not heard', async () => {
    let late: unknown;
    const ended = await run(
      script([{ say: 'done' }], {
        misbehaviour: {
          eventsAfterEnd: [{ type: 'warning_raised', data: { code: 'late', message: 'late' } }],
          afterEnd: (host) => {
            setImmediate(() => {
              host
                .authorize({ ...listCommand, id: 'late' }, { signal: host.signal })
                .catch((thrown: unknown) => {
                  late = thrown;
                });
            });
          },
        },
      }),
    );
    expect(ended.result.status).toBe('completed');
    expect(typesOf(ended.events)).not.toContain('warning_raised');
    await new Promise(setImmediate);
    expect(late).toMatchObject({ code: 'cancelled' });
  });

  it('that says that it has started twice has started once', async () => {
    const ended = await run(script([{ say: 'x' }], { misbehaviour: { repeatAgentStarted: true } }));
    expect(ended.result.status).toBe('completed');
  });

  it('that never stops speaking can be stopped, also when it does not listen', async () => {
    let spoken = 0;
    const provider = custom(async function* () {
      yield started;
      for (;;) {
        spoken++;
        yield { type: 'message_streamed', data: { messageId: 'm', text: 'on and on ' } };
      }
    });
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [provider], times: { close: 50 } });
    const session = await manager.createSession();
    const handle = await session.run('go');
    await waitForEvent(handle, 'message_streamed');
    expect((await handle.cancel('enough')).status).toBe('cancelled');
    await new Promise(setImmediate);
    const count = spoken;
    await new Promise(setImmediate);
    expect(spoken).toBe(count);
    await checkLog(store, session.id);
  });
});
