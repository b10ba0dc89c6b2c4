import { describe, expect, it } from 'vitest';
import { collect } from '../../test/manager/log-check.ts';
import { storeKinds } from '../../test/manager/store-kinds.ts';
import type { Budget } from '../cost/budget.ts';
import { totalTokens } from '../domain/usage.ts';
import type { Policy } from '../policy/policy.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

/** An agent that would give a hundred answers of so many tokens, each with its usage; it counts its questions. */
function talker(tokens: number, hold?: () => Promise<void>) {
  const asked: string[] = [];
  const provider = scriptedProvider(
    ({ request }) =>
      Array.from({ length: 100 }, (): readonly ScriptStep[] => [
        { call: () => void asked.push(request.runId) },
        ...(hold === undefined ? [] : [{ call: hold }]),
        { usage: { inputTokens: tokens - 1, outputTokens: 1 } },
        { emit: { type: 'turn_completed', data: {} } },
      ]).flat(),
    { capabilities: { usage_per_answer: 'native' } },
  );
  return { provider, asked };
}

describe.each(storeKinds)('on the $name store', ({ place }) => {
  it.each<[string, Policy, number, number]>([
    ['tokens, within an answer', { limits: { totalTokens: 100 } }, 30, 4],
    ['tokens, exactly at its end', { limits: { totalTokens: 90 } }, 30, 4],
    ['tokens, in the first answer', { limits: { totalTokens: 10 } }, 30, 1],
    ['turns', { limits: { turns: 3 } }, 30, 4],
  ])('a policy about %s is passed by one answer at most', async (_, policy, tokens, answers) => {
    await using data = place();
    const { provider, asked } = talker(tokens);
    await using manager = await createSessionManager({ store: await data.open(), providers: [provider] });
    const result = await manager.runOnce('go', { policy });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'policy_violation' } });
    expect(asked).toHaveLength(answers);
    expect(totalTokens(result.usage)).toBe(answers * tokens);
  });

  it.each<[string, number, number, number]>([
    ['within an answer', 100, 30, 4],
    ['exactly at its end', 90, 30, 3],
    ['in the first answer', 10, 30, 1],
  ])(
    'a budget of tokens that is used up %s is passed by less than one answer',
    async (_, hard, tokens, answers) => {
      await using data = place();
      const { provider, asked } = talker(tokens);
      const budgets: readonly Budget[] = [{ name: 'b', per: 'everything', tokens: { hard } }];
      await using manager = await createSessionManager({
        ...{ store: await data.open(), providers: [provider], budgets },
      });
      const result = await manager.runOnce('go');
      expect(result).toMatchObject({ status: 'failed', error: { code: 'budget_exceeded' } });
      expect(asked).toHaveLength(answers);
      expect(totalTokens(result.usage)).toBeLessThan(hard + tokens);
    },
  );

  it('runs that start together pass their budget by less than one answer each, and ask nothing more', async () => {
    await using data = place();
    const runs = 5;
    const [hard, tokens] = [100, 30];
    // All have asked before any is answered: the most that can be in flight.
    const all = Promise.withResolvers<void>();
    const { provider, asked } = talker(tokens, () => {
      if (asked.length === runs) all.resolve();
      return all.promise;
    });
    const budgets: readonly Budget[] = [{ name: 'b', per: 'everything', tokens: { hard } }];
    await using manager = await createSessionManager({
      ...{ store: await data.open(), providers: [provider], budgets },
    });
    const session = await manager.createSession();
    const started = await Promise.all(
      Array.from({ length: runs }, () => session.run('go', { continuation: 'fresh' })),
    );
    const results = await Promise.all(started.map((run) => run.result));
    for (const result of results)
      expect(result).toMatchObject({ status: 'failed', error: { code: 'budget_exceeded' } });
    const spent = results.reduce((sum, { usage }) => sum + totalTokens(usage), 0);
    expect(spent).toBeGreaterThanOrEqual(hard);
    expect(spent).toBeLessThan(hard + runs * tokens);
    const used = (await Promise.all(started.map(collect)))
      .flat()
      .filter(({ type }) => type === 'token_usage_updated');
    // What was asked is what was told, and at most one question more of each run.
    expect(asked.length).toBeLessThanOrEqual(used.length + runs);
    await expect(session.run('go')).rejects.toMatchObject({ code: 'budget_exceeded' });
  });
});
