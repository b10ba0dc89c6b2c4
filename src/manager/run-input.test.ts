import { describe, expect, it } from 'vitest';
import { storeKinds } from '../../test/manager/store-kinds.ts';
import { checkLog } from '../../test/manager/log-check.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';
import type { SessionManagerOptions, SessionOptions } from './manager-options.ts';
import type { CommonRunOptions } from './run-options.ts';

async function open(): Promise<SessionManager> {
  return await createSessionManager({ store: memoryStore(), providers: [scriptedProvider([{ say: 'hi' }])] });
}

/** What a caller without types may hand in. */
function untyped<Type>(value: unknown): Type {
  return value as Type;
}

describe('what the manager is asked for', () => {
  it('names a session, run or provider that is not there', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    await expect(manager.getSession('ses_unknown')).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(manager.getSession('nonsense')).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(manager.startRun('ses_unknown', 'go')).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(manager.getRun('run_unknown')).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(manager.getRun(session.id)).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(manager.executeRun('run_unknown')).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(manager.createSession({ provider: 'scriptd' })).rejects.toMatchObject({
      code: 'provider_not_found',
      message: expect.stringContaining('Did you mean "scripted"?'),
    });
    await expect(session.run('go', { provider: 'scriptd' })).rejects.toMatchObject({
      code: 'provider_not_found',
    });
    expect((await manager.sessions()).rows.map((row) => row.id)).toEqual([session.id]);
    expect(await session.runs()).toEqual([]);
  });

  it('gives an option an unknown name', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    const code = 'unknown_option';
    const options = untyped<CommonRunOptions>({ modell: 'x' });
    await expect(session.run('go', options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('Did you mean "model"?'),
    });
    await expect(manager.startRun(session.id, 'go', options)).rejects.toMatchObject({ code });
    await expect(manager.runOnce('go', options)).rejects.toMatchObject({ code });
    const run = await manager.startRun(session.id, 'go');
    await expect(manager.executeRun(run.id, options)).rejects.toMatchObject({ code });
    await expect(manager.createSession(untyped<SessionOptions>({ titel: 'x' }))).rejects.toMatchObject({
      code,
    });
    await expect(
      createSessionManager(
        untyped<SessionManagerOptions>({ store: memoryStore(), providers: [], clocks: 1 }),
      ),
    ).rejects.toMatchObject({ code });
    for (const wrong of [{ retry: { trys: 2 } }, { replay: { tokens: 2 } }, { deltas: { window: 2 } }])
      await expect(session.run('go', untyped<CommonRunOptions>(wrong))).rejects.toMatchObject({ code });
    await expect(
      session.run('go', untyped<CommonRunOptions>({ permissionMode: 'acceptEdits' })),
    ).rejects.toMatchObject({ message: expect.stringContaining('Did you mean "accept_edits"?') });
    await expect(session.run('go', { limits: untyped<{ idle: number }>({ idel: 1 }) })).rejects.toMatchObject(
      { code },
    );
  });

  it('filters by what there is not', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    await using run = await session.run('go');
    await run.result;
    const misspelt = { limit: 5, sesionId: session.id, runid: run.id, tpyes: ['run_started'] };
    const first = async (items: AsyncIterable<unknown>): Promise<unknown> => {
      for await (const item of items) return item;
      return undefined;
    };
    const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['sesionId', () => manager.sessions(misspelt)],
      ['sesionId', () => manager.runs(misspelt)],
      ['sesionId', () => manager.feed(misspelt)],
      ['sesionId', () => manager.approvals.list(misspelt)],
      ['sesionId', () => manager.approvals.grants(misspelt)],
      ['limit', () => first(manager.approvals.follow(untyped(misspelt)))],
      ['sesionId', () => session.events(misspelt)],
      ['wait', () => session.events(untyped({ wait: 1_000 }))],
      ['limit', () => first(session.follow(untyped(misspelt)))],
      ['limit', () => first(run.events(untyped(misspelt)))],
      // What the manager knows of its own follows; from a caller it would have events missed.
      ['reaches', () => first(session.follow(untyped({ reaches: 9 })))],
      ['endless', () => first(run.events(untyped({ endless: true })))],
    ];
    for (const [option, ask] of asked)
      await expect(ask()).rejects.toMatchObject({ code: 'unknown_option', details: { option } });
    await expect(manager.runs(misspelt)).rejects.toMatchObject({
      message: 'A listing of runs has no option "sesionId". Did you mean "sessionId"?',
    });
  });

  it.each(storeKinds)('filters by what nothing can have, in a $name store', async ({ place }) => {
    await using rows = place();
    await using manager = await createSessionManager({ store: await rows.open(), providers: [] });
    const session = await manager.createSession();
    const first = async (items: AsyncIterable<unknown>): Promise<unknown> => {
      for await (const item of items) return item;
      return undefined;
    };
    const status = untyped<never[]>(['complet']);
    const types = untyped<never[]>(['run_finished']);
    await expect(session.events({ types: untyped<never[]>(['session_c']) })).rejects.toMatchObject({
      message: expect.stringMatching(
        / names, not "session_c"\. Did you mean "session_created", "session_completed"/,
      ),
    });
    const asked: readonly (() => Promise<unknown>)[] = [
      () => manager.sessions({ status }),
      () => manager.runs({ status }),
      () => manager.approvals.list({ status }),
      () => manager.feed({ types }),
      () => session.events({ types }),
      () => first(session.follow({ types })),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(manager.runs({ status })).rejects.toMatchObject({
      message: expect.stringMatching(/is one of pending, .* not "complet"\. Did you mean "completed"\?$/),
    });
  });

  it('gives rules that nothing would hold, or a provider that is none', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    const wrong: readonly (readonly [unknown, string, RegExp])[] = [
      [{ rules: { alow: ['bash'] } }, 'unknown_option', /Did you mean "allow"/],
      [{ rules: { allow: [{ tool: 'bash', programm: 'git' }] } }, 'unknown_option', /Did you mean "program"/],
      [{ rules: { deny: [{ tool: 'bash', action: 'warn' }] } }, 'unknown_option', /policies/],
      [{ rules: { deny: ['bash(git push'] } }, 'invalid_input', /is not a rule/],
      [{ rules: { deny: 'bash' } }, 'invalid_input', /is a list of rules/],
      [{ rules: { allow: ['write(outside .)'] } }, 'invalid_input', /deny what is/],
      [{ rules: ['bash'] }, 'invalid_input', /as an object, not a list/],
      [{ environment: { CI: '1' } }, 'unknown_option', /of a run has no option "CI". Known: inherit, set\./],
      [{ environment: ['CI'] }, 'invalid_input', /as an object, not a list/],
      [{ retry: 3 }, 'invalid_input', /`retry` takes its options as an object, not 3/],
      [{ limits: '5m' }, 'invalid_input', /as an object, not "5m"/],
      [{ approvals: true }, 'invalid_input', /`approvals` takes its options as an object, not true/],
      [{ authorize: true }, 'invalid_input', /is a function/],
      [{ outputSchema: 'colour' }, 'invalid_input', /is a JSON Schema of an object/],
      [{ outputSchema: { type: 'objekt' } }, 'invalid_input', /is a JSON Schema of an object/],
      [{ provider: scriptedProvider }, 'invalid_input', /Call scriptedProvider/],
      [{ provider: {} }, 'invalid_input', /is no provider/],
    ];
    for (const [options, code, message] of wrong) {
      await expect(
        session.run('go', untyped<CommonRunOptions>(options)),
        JSON.stringify(options),
      ).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect(await session.runs()).toEqual([]);
    for (const options of [
      { provider: scriptedProvider([]) },
      { tags: [''] },
      { tags: 'nightly' },
      { tags: [1] },
    ])
      await expect(manager.createSession(untyped<SessionOptions>(options))).rejects.toMatchObject({
        code: 'invalid_input',
      });
  });

  it('gives no providers, or what is none', async () => {
    for (const [providers, said] of [
      [undefined, 'is a list of providers'],
      [scriptedProvider([]), 'is a list of providers'],
      [[scriptedProvider], 'Call scriptedProvider and give what it returns.'],
      [['claude'], 'is no provider'],
      [[undefined], 'is no provider'],
    ] as const) {
      const options = untyped<SessionManagerOptions>({ store: memoryStore(), providers });
      await expect(createSessionManager(options)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(said),
      });
    }
  });

  it('gives an input that says nothing or is no input', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    const text = (value: unknown) => ({ role: 'user' as const, text: untyped<string>(value) });
    for (const input of ['', ' \n\t', [], [text('')], text('  '), text(1), undefined, null, 7, {}, [null]]) {
      await expect(session.run(untyped<string>(input)), JSON.stringify(input)).rejects.toMatchObject({
        code: 'invalid_input',
      });
    }
    expect(await session.runs()).toEqual([]);
    expect((await session.read()).status).toBe('pending');
  });

  it('gives options out of range', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    const wrong: readonly object[] = [
      { permissionMode: 'yolo' },
      { continuation: 'maybe' },
      { maxTurns: 0 },
      { maxTurns: 1.5 },
      { cwd: '/nowhere/at/all' },
      { limits: { idle: Number.NaN } },
      { limits: { total: -1 } },
      { limits: { tool: 'soon' } },
      { deltas: { windowMs: Number.NaN } },
      { retry: { tries: -1 } },
      { replay: { maximumTokens: Number.NaN } },
      { approvals: { parkAfter: '5' } },
    ];
    for (const options of wrong) {
      await expect(session.run('go', options), JSON.stringify(options)).rejects.toMatchObject({
        code: 'invalid_input',
      });
    }
    expect(await session.runs()).toEqual([]);
  });
});

describe.each(storeKinds)('on the $name store', (kind) => {
  const inputs: readonly (readonly [string, string])[] = [
    ['10 MB', `${'All work and no play. '.repeat(480_000)}end`],
    ['NUL', 'before\0after'],
    ['lone surrogates', 'high \uD83D, low \uDE00, pair 😀, end \uD800'],
  ];

  it.each(inputs)('an input with %s reaches the agent and is read back exactly', async (_name, input) => {
    await using place = kind.place();
    const heard: string[] = [];
    const provider = scriptedProvider(({ request }) => {
      heard.push(...request.messages.map((message) => message.text));
      return [{ say: 'heard' }];
    });
    const store = await place.open();
    await using manager = await createSessionManager({ store, providers: [provider] });
    const session = await manager.createSession();
    const run = await session.run(input);
    expect((await run.result).status).toBe('completed');
    const { events } = await checkLog(store, session.id);
    expect(heard.length).toBe(1);
    // Not `toEqual`, which would print megabytes.
    expect(heard[0] === input).toBe(true);
    expect((await run.read()).input[0]?.text === input).toBe(true);
    const sent = events.find((event) => event.type === 'message_sent');
    const text = sent?.type === 'message_sent' ? sent.data.text : '';
    if (input.length < 1_000) expect(text).toBe(input);
    else expect(text.endsWith(`[cut: ${input.length} characters in all]`)).toBe(true);
  });
});
