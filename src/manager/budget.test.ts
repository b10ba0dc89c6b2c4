import { describe, expect, it } from 'vitest';
import { waitForEvent, collect } from '../../test/manager/log-check.ts';
import { storeKinds } from '../../test/manager/store-kinds.ts';
import type { Budget } from '../cost/budget.ts';
import type { LogEvent } from '../domain/event.ts';
import { AsmError } from '../domain/error.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { router } from '../routing/router.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { SessionManagerOptions } from './manager-options.ts';
import type { RunHandle } from './run-handle.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

/** Says that the run has cost so much so far. */
function costs(usd: string): ScriptStep {
  return { usage: { inputTokens: 100 }, cost: { usd, source: 'provider' } };
}

/** Spends what the input says, amount by amount; `stay` waits to be ended, `fail` fails. */
const spender = (name = 'spender') =>
  scriptedProvider(
    ({ request }) =>
      (request.messages.at(-1)?.text ?? '').split(' ').map((word): ScriptStep => {
        if (word === 'stay') return { hang: true };
        return word === 'fail' ? { fail: new AsmError('agent_failed', 'It failed.') } : costs(word);
      }),
    { name },
  );

async function open(
  budgets: readonly Budget[],
  options: Partial<SessionManagerOptions> = {},
): Promise<SessionManager> {
  return await createSessionManager({
    store: memoryStore(),
    providers: [spender()],
    budgets,
    ...options,
  });
}

const all = (usd: Budget['usd'], more: Partial<Budget> = {}): Budget => ({
  name: 'all',
  per: 'everything',
  ...(usd === undefined ? {} : { usd }),
  ...more,
});

const used = expect.objectContaining({ code: 'budget_exceeded' });
const warnings = (events: readonly LogEvent[]) =>
  events.flatMap((event) => (event.type === 'budget_warning_raised' ? [event.data] : []));

async function end(run: RunHandle): Promise<string> {
  const result = await run.result;
  return result.status === 'failed' ? result.error.code : result.status;
}

describe('a hard threshold', () => {
  it('ends the run that reaches it, also if the agent ended well, and tells how much was spent', async () => {
    await using manager = await open([all({ hard: '0.5' })]);
    const session = await manager.createSession();
    const result = await (await session.run('0.3 0.5')).result;
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        code: 'budget_exceeded',
        details: { budget: 'all', per: 'everything', unit: 'usd', spent: '0.5', limit: '0.5' },
      },
      cost: { usd: '0.5', source: 'provider' },
    });
  });
  it('ends an agent that would go on', async () => {
    await using manager = await open([all({ hard: 0.5 })]);
    const session = await manager.createSession();
    expect(await end(await session.run('0.6 stay'))).toBe('budget_exceeded');
  });
  it('that is reached keeps runs from being made, made to wait, and executed', async () => {
    await using manager = await open([all({ hard: 0.5 })]);
    const session = await manager.createSession();
    const waiting = await manager.startRun(session.id, '0.1');
    await end(await session.run('0.6'));
    await expect(session.run('0.1')).rejects.toEqual(used);
    await expect(manager.startRun(session.id, '0.1')).rejects.toEqual(used);
    await expect(manager.executeRun(waiting.id)).rejects.toEqual(used);
    await expect(manager.runOnce('0.1')).rejects.toEqual(used);
    const { rows } = await manager.runs();
    expect(rows.map(({ status }) => status)).toEqual(['failed', 'pending']);
  });
  it('in tokens ends runs likewise', async () => {
    await using manager = await open([{ name: 'tokens', per: 'everything', tokens: { hard: 200 } }]);
    const session = await manager.createSession();
    expect(await end(await session.run('0.1'))).toBe('completed');
    expect(await end(await session.run('0.1 stay'))).toBe('budget_exceeded');
  });
  it('counts runs that failed and runs that were cancelled', async () => {
    await using manager = await open([all({ hard: 1 })]);
    const session = await manager.createSession();
    expect(await end(await session.run('0.5 fail'))).toBe('agent_failed');
    const run = await session.run('0.4 stay');
    await waitForEvent(run, 'token_usage_updated');
    await run.cancel();
    expect((await run.result).cost?.usd).toBe('0.4');
    expect(await end(await session.run('0.05'))).toBe('completed');
    expect(await end(await session.run('0.05 stay'))).toBe('budget_exceeded');
  });
});

describe('budgets that a run has of its own', () => {
  const own = (usd: number, per: Budget['per'] = 'run', name = 'own'): Budget => ({
    ...{ name, per },
    usd: { hard: usd },
  });

  it('hold for it besides those of the manager, and for no other', async () => {
    await using manager = await open([all({ hard: 2 })]);
    const session = await manager.createSession();
    expect(await end(await session.run('0.6 stay', { budgets: [own(0.5)] }))).toBe('budget_exceeded');
    expect(await end(await session.run('0.6', { budgets: [own(1, 'everything')] }))).toBe('budget_exceeded');
    await expect(session.run('0.1', { budgets: [own(1, 'everything')] })).rejects.toEqual(used);
    await expect(session.run('0.1', { budgets: [own(1, 'session')] })).rejects.toEqual(used);
    expect(await end(await session.run('0.6'))).toBe('completed');
    expect(await end(await session.run('0.3 stay', { budgets: [own(5)] }))).toBe('budget_exceeded');
  });

  it('count what other runs spend meanwhile, where they are shared, and warn once', async () => {
    await using manager = await open([all({ warn: 0.1 })]);
    const shared = [{ ...own(1, 'everything'), usd: { warn: 0.5, hard: 1 } }, all({ warn: 0.1 })];
    const session = await manager.createSession();
    const waiting = await session.run('0.2 stay', { budgets: shared });
    await waitForEvent(waiting, 'token_usage_updated');
    for (const usd of ['0.4', '0.5']) expect((await manager.runOnce(usd)).status).toBe('completed');
    expect(await end(waiting)).toBe('budget_exceeded');
    expect(warnings(await collect(waiting)).map(({ budget }) => budget)).toEqual(['all', 'own']);
  });

  it.each(storeKinds)('hold where another process executes it, on the $name store', async ({ place }) => {
    await using data = place();
    const options = { providers: [spender()], keepOpen: true };
    await using making = await createSessionManager({ store: await data.open(), ...options });
    await using other = await createSessionManager({ store: await data.open(), ...options });
    const { id } = await making.createSession({ provider: 'spender' });
    const budgets = [own(0.5), { name: 'more', per: 'everything', tokens: { hard: 1_000 } } as const];
    const pending = async () => (await making.startRun(id, '0.6 stay', { budgets })).id;
    expect(await end(await other.executeRun(await pending()))).toBe('budget_exceeded');
    // One that is given by its name takes the place of that, another comes to it.
    const raised = await other.executeRun(await pending(), { budgets: [own(5)] });
    await waitForEvent(raised, 'token_usage_updated');
    await raised.cancel();
    expect(await end(raised)).toBe('cancelled');
    const tight = await other.executeRun((await making.startRun(id, '0.45 stay', { budgets })).id, {
      budgets: [own(0.4, 'run', 'added')],
    });
    expect(await tight.result).toMatchObject({ error: { details: { budget: 'added' } } });
  });

  it('are checked, and refused where they can not be held', async () => {
    await using manager = await open([]);
    const session = await manager.createSession();
    const bad = { name: 'b', per: 'run', usd: { hard: -1 } } as const;
    await expect(session.run('1', { budgets: [bad] })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(session.run('1', { budgets: [own(1), own(2)] })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});

describe('a budget', () => {
  it('per run is each run’s own', async () => {
    await using manager = await open([{ name: 'run', per: 'run', usd: { hard: 1 } }]);
    const session = await manager.createSession();
    expect(await end(await session.run('0.9'))).toBe('completed');
    expect(await end(await session.run('0.9'))).toBe('completed');
    expect(await end(await session.run('0.9 1.1 stay'))).toBe('budget_exceeded');
  });
  it('per session is each session’s own', async () => {
    await using manager = await open([{ name: 'session', per: 'session', usd: { hard: 1 } }]);
    const [one, two] = [await manager.createSession(), await manager.createSession()];
    expect(await end(await one.run('0.6'))).toBe('completed');
    expect(await end(await two.run('0.6'))).toBe('completed');
    expect(await end(await one.run('0.6 stay'))).toBe('budget_exceeded');
    await expect(one.run('0.1')).rejects.toEqual(used);
    expect(await end(await two.run('0.1'))).toBe('completed');
  });
  it('per tag is each tag’s own, and a session with two spends from both', async () => {
    await using manager = await open([{ name: 'tag', per: 'tag', usd: { hard: 1 } }]);
    const both = await manager.createSession({ tags: ['a', 'b'] });
    const [a, b, none] = [
      await manager.createSession({ tags: ['a'] }),
      await manager.createSession({ tags: ['b'] }),
      await manager.createSession(),
    ];
    await end(await both.run('0.6'));
    expect(await end(await a.run('0.6 stay'))).toBe('budget_exceeded');
    await expect(both.run('0.1')).rejects.toMatchObject({ details: { key: 'a' } });
    expect(await end(await b.run('0.2'))).toBe('completed');
    expect(await end(await none.run('5'))).toBe('completed');
  });
  it('of only one tag leaves the others alone', async () => {
    await using manager = await open([{ name: 'tag', per: 'tag', only: 'a', usd: { hard: 1 } }]);
    expect((await manager.runOnce('2', { session: { tags: ['b'] } })).status).toBe('completed');
    expect((await manager.runOnce('2', { session: { tags: ['a'] } })).status).toBe('failed');
  });
  it('per provider follows a run to the provider that does the work', async () => {
    const [first, second] = [
      scriptedProvider([costs('0.3'), { fail: new AsmError('provider_overloaded', 'No.') }], {
        name: 'first',
      }),
      spender('second'),
    ];
    await using manager = await open([{ name: 'provider', per: 'provider', usd: { hard: '0.5' } }], {
      providers: [first, second, router({ candidates: [first, second] })],
    });
    const routed = { provider: 'router', retry: { tries: 2, delay: 0 } } as const;
    expect(await manager.runOnce('0.4', routed)).toMatchObject({ status: 'completed', cost: { usd: '0.7' } });
    expect(await manager.runOnce('0.2 stay', { provider: 'second' })).toMatchObject({
      status: 'failed',
      error: { details: { key: 'second', spent: '0.6' } },
    });
    await expect(manager.runOnce('0.1', { provider: 'second' })).rejects.toEqual(used);
    // The first has 0.2 left; then the second one, which has nothing, is not asked.
    expect(await manager.runOnce('0.1', routed)).toMatchObject({
      status: 'failed',
      error: { code: 'budget_exceeded', details: { key: 'first' } },
    });
  });
  it('per provider that is used up has a router choose another, first and at a failover', async () => {
    const failing = scriptedProvider([{ fail: new AsmError('provider_overloaded', 'No.') }], {
      name: 'failing',
    });
    const [used1, used2, rich] = [spender('used1'), spender('used2'), spender('rich')];
    const all3 = router({ name: 'all3', candidates: [used1, failing, used2, rich] });
    const poor = router({ name: 'poor', candidates: [used1, used2] });
    const budgets: Budget[] = ['used1', 'used2'].map((only) => ({
      ...{ name: `budget of ${only}`, per: 'provider', only },
      usd: { hard: '0.5' },
    }));
    const providers = [used1, used2, rich, failing, all3, poor];
    await using manager = await open(budgets, { providers });
    await manager.runOnce('0.5', { provider: 'used1' });
    // One is left: what has no budget left is not even tried.
    expect(await manager.runOnce('0.1', { provider: 'poor' })).toMatchObject({
      ...{ status: 'completed', provider: 'used2' },
    });
    await manager.runOnce('0.4', { provider: 'used2' });
    const session = await manager.createSession({ provider: 'all3' });
    const run = await session.run('0.1');
    expect(await run.result).toMatchObject({ status: 'completed', provider: 'rich' });
    const routed = (await collect(run)).flatMap((event) =>
      event.type === 'attempt_routed' ? [[event.data.routedProvider, event.data.routingCandidates]] : [],
    );
    expect(routed).toEqual([
      ['failing', ['failing', 'rich']],
      ['rich', ['rich']],
    ]);
    await expect(manager.runOnce('0.1', { provider: 'poor' })).rejects.toMatchObject({
      ...{ code: 'budget_exceeded', details: { budget: 'budget of used1', key: 'used1' } },
    });
    expect((await manager.runs()).rows).toHaveLength(4);
  });
  it('in a rolling window lets runs start again once what was spent has left it', async () => {
    const clock = createTestClock();
    const window = 64_000;
    await using manager = await open([all({ hard: 1 }, { window })], { clock });
    const session = await manager.createSession();
    await end(await session.run('0.7'));
    clock.advance(window / 2);
    expect(await end(await session.run('0.7 stay'))).toBe('budget_exceeded');
    await expect(session.run('0.1')).rejects.toEqual(used);
    clock.advance(window / 2 + window / 256 + 1);
    expect(await end(await session.run('0.1'))).toBe('completed');
  });
  it('is read from what was spent before the manager was there, each run once', async () => {
    const store = memoryStore();
    {
      await using before = await open([], { store, keepOpen: true });
      for (const text of ['0.2', '0.2 fail', '0.2']) await before.runOnce(text, { session: { tags: ['a'] } });
    }
    const budgets: Budget[] = [
      all({ hard: '0.65' }),
      { name: 'tag', per: 'tag', usd: { hard: '0.7' } },
      { name: 'provider', per: 'provider', usd: { hard: '0.7' } },
    ];
    await using manager = await open(budgets, { store });
    expect((await manager.runOnce('0.04', { session: { tags: ['a'] } })).status).toBe('completed');
    expect(await manager.runOnce('0.02', { session: { tags: ['a'] } })).toMatchObject({
      error: { details: { budget: 'all', spent: '0.66' } },
    });
  });
});

describe('a warning', () => {
  it('is told once for each budget in each run, with figures, and stops nothing', async () => {
    await using manager = await open([
      all({ warn: '0.5' }),
      { name: 'run', per: 'run', usd: { warn: '0.25' } },
      { name: 'tokens', per: 'session', tokens: { warn: 1000 } },
    ]);
    const session = await manager.createSession();
    const first = await session.run('0.1 0.3 0.4');
    expect(await end(first)).toBe('completed');
    expect(warnings(await collect(first))).toEqual([
      { budget: 'run', unit: 'usd', spent: '0.3', limit: '0.25' },
    ]);
    const second = await session.run('0.1 0.15 0.2');
    await end(second);
    expect(warnings(await collect(second))).toEqual([
      { budget: 'all', unit: 'usd', spent: '0.5', limit: '0.5' },
    ]);
    const third = await session.run('0.1 0.1 0.1 0.1 0.1 0.1');
    await end(third);
    expect(warnings(await collect(third))).toEqual([
      { budget: 'all', unit: 'usd', spent: '0.6', limit: '0.5' },
      { budget: 'tokens', key: session.id, unit: 'tokens', spent: '1000', limit: '1000' },
    ]);
  });
  it('comes before the end when both thresholds are passed in turn', async () => {
    await using manager = await open([all({ warn: '0.5', hard: 1 })]);
    const session = await manager.createSession();
    const run = await session.run('0.6 0.7 1.1 stay');
    expect(await end(run)).toBe('budget_exceeded');
    expect(warnings(await collect(run))).toHaveLength(1);
  });
  it('comes also when one answer passes both thresholds', async () => {
    await using manager = await open([all({ warn: '0.5', hard: 1 })]);
    const session = await manager.createSession();
    const run = await session.run('1.1 stay');
    expect(await end(run)).toBe('budget_exceeded');
    expect(warnings(await collect(run))).toEqual([
      { budget: 'all', unit: 'usd', spent: '1.1', limit: '0.5' },
    ]);
  });
});

describe('a model without a price', () => {
  const tokens: ScriptStep = { usage: { inputTokens: 1000 } };
  const agent = (name: string, model?: string) =>
    scriptedProvider([tokens, { hang: true }], {
      name,
      capabilities: { cost_reported: 'unsupported' },
      ...(model === undefined ? {} : { model }),
    });
  const providers = [agent('asked'), agent('secret', 'secret-model'), agent('priced', 'gpt-5')];
  const unpriced = expect.objectContaining({ code: 'model_unpriced' });
  it('is refused before the run starts when it is known', async () => {
    await using manager = await open([all({ hard: 1 })], { providers });
    const session = await manager.createSession({ provider: 'asked' });
    await expect(session.run('go', { model: 'o3-anything' })).rejects.toEqual(unpriced);
    expect((await manager.runs()).rows).toEqual([]);
  });
  it('ends the run when the agent tells it, before it has spent anything', async () => {
    await using manager = await open([all({ hard: 1 })], { providers });
    const result = await manager.runOnce('go', { provider: 'secret' });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'model_unpriced' } });
    expect(result.usage.inputTokens).toBe(0);
  });
  it('ends the run of an agent that tells costs itself when it does not', async () => {
    const quiet = scriptedProvider([costs('0.1'), { hang: true }], {
      name: 'telling',
      model: 'secret-model',
    });
    const silent = scriptedProvider([tokens, { hang: true }], { name: 'silent', model: 'secret-model' });
    await using manager = await open([all({ hard: '0.1' })], { providers: [quiet, silent] });
    expect(await manager.runOnce('go', { provider: 'silent' })).toMatchObject({
      error: { code: 'model_unpriced' },
      usage: { inputTokens: 1000 },
    });
    expect(await manager.runOnce('go', { provider: 'telling' })).toMatchObject({
      error: { code: 'budget_exceeded' },
    });
  });
  it('may be let through with a warning, and costs nothing in the budget', async () => {
    await using manager = await open([all({ hard: 1 }, { onUnpriced: 'warn' })], { providers });
    const session = await manager.createSession({ provider: 'secret' });
    const run = await session.run('go');
    await waitForEvent(run, 'token_usage_updated');
    await run.cancel();
    expect((await run.result).cost).toEqual({ source: 'unpriced', unpriced: ['secret-model'] });
    const told = (await collect(run)).filter((event) => event.type === 'warning_raised');
    expect(told.map(({ data }) => data.code)).toEqual(['model_unpriced']);
  });
  it('is no matter for a budget in tokens', async () => {
    await using manager = await open([{ name: 't', per: 'run', tokens: { hard: 1000 } }], { providers });
    expect(await manager.runOnce('go', { provider: 'secret' })).toMatchObject({
      error: { code: 'budget_exceeded' },
    });
  });
  it('has one when the caller gives it, and then counts', async () => {
    const prices = { models: { 'secret-model': { input: 1000, output: 1 } } };
    await using manager = await open([all({ hard: 1 })], { providers, prices });
    expect(await manager.runOnce('go', { provider: 'secret' })).toMatchObject({
      error: { code: 'budget_exceeded', details: { spent: '1' } },
      cost: { usd: '1', source: 'computed' },
    });
  });
});

describe.each(storeKinds)('managers that share a $name store', ({ place }) => {
  /** Two managers, as two processes would have them. */
  async function both(
    budgets: readonly Budget[],
    use: (one: SessionManager, two: SessionManager) => Promise<void>,
  ) {
    await using data = place();
    const stores: SessionStore[] = [await data.open(), await data.open()];
    const [one, two] = await Promise.all(stores.map((store) => open(budgets, { store, keepOpen: true })));
    if (one === undefined || two === undefined) throw new Error('There are no managers.');
    try {
      await use(one, two);
    } finally {
      await one.close();
      await two.close();
      for (const store of new Set(stores)) await store[Symbol.asyncDispose]();
    }
  }
  it('share a budget: what one spends keeps the other from starting', async () => {
    await both([all({ hard: 1 })], async (one, two) => {
      expect((await one.runOnce('0.6')).status).toBe('completed');
      expect((await two.runOnce('0.3')).status).toBe('completed');
      expect((await one.runOnce('0.2')).status).toBe('failed');
      await expect(two.runOnce('0.1')).rejects.toEqual(used);
      await expect(one.runOnce('0.1')).rejects.toEqual(used);
    });
  });
  it('share it while they run: both runs end when together they have spent it', async () => {
    await both(
      [all({ warn: '0.5', hard: 1 }), { name: 'session', per: 'session', usd: { warn: '0.5' } }],
      async (one, two) => {
        const session = await one.createSession();
        const first = await session.run('0.6 stay');
        await waitForEvent(first, 'budget_warning_raised');
        const second = await (await two.getSession(session.id)).run('0.4 stay', { continuation: 'fresh' });
        expect(await Promise.all([end(first), end(second)])).toEqual(['budget_exceeded', 'budget_exceeded']);
        expect(
          warnings(await collect(second))
            .map(({ budget }) => budget)
            .toSorted(),
        ).toEqual(['all', 'session']);
        await expect(one.runOnce('0.1')).rejects.toEqual(used);
      },
    );
  });
  it('count every run once, however they run at once', async () => {
    const budgets = (['everything', 'provider', 'tag', 'session'] as const).map((per): Budget => ({
      name: per,
      per,
      tokens: { warn: 1 },
    }));
    await both(budgets, async (one, two) => {
      const session = await one.createSession({ tags: ['a'] });
      const same = await two.getSession(session.id);
      for (let round = 0; round < 6; round++) {
        const runs = [session, same].map((handle) => handle.run('0.1 0.2 0.3', { continuation: 'fresh' }));
        for (const run of await Promise.all(runs)) expect(await end(run)).toBe('completed');
      }
      for (const handle of [session, same]) {
        const last = await handle.run('0.1', { continuation: 'fresh' });
        await last.result;
        const told = warnings(await collect(last));
        const spent = 12 * 300 + (handle === session ? 0 : 100);
        expect(told.map(({ budget, spent: tokens }) => [budget, tokens]).toSorted()).toEqual(
          budgets.map(({ name }) => [name, String(spent)]).toSorted(),
        );
      }
    });
  });
});
