import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Budget } from '../../src/cost/budget.ts';
import { conversationTexts, toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import { parseMoney } from '../../src/domain/money.ts';
import { exampleAgents } from '../../examples/support/example-agent.ts';
import type { ExampleTurn } from '../../examples/support/example-script.ts';
import { collect, waitForEvent } from './log-check.ts';
import { openPricedAgent, type PricedAgent } from './priced-agent.ts';

const usage = { input: 10_000, output: 1_000 };
/** Answers that each use a tool, so that the agent would go on. */
const working = (count: number, more: Partial<ExampleTurn> = {}): readonly ExampleTurn[] =>
  Array.from({ length: count }, (_, index) => ({
    usage,
    ...more,
    tools: [{ tool: 'write' as const, path: `${index}.txt`, content: 'x' }],
  }));

/** Leaves the conversations of Claude Code as if it had been killed before it kept what they used. */
async function forgetCounters({ run }: PricedAgent): Promise<void> {
  const folder = run.environment?.set?.['CLAUDE_CONFIG_DIR'] ?? '';
  const names = await readdir(folder, { recursive: true });
  for (const path of names.filter((name) => name.endsWith('.jsonl')).map((name) => join(folder, name))) {
    const lines = (await readFile(path, 'utf8')).split('\n');
    const kept = lines.filter((line) => !line.includes('"type":"cost-state"'));
    expect(kept.length).toBeLessThan(lines.length);
    await writeFile(path, kept.join('\n'));
  }
}

describe('Claude Code’s own figure', () => {
  it.each([
    'claude-sonnet-4-5',
    'claude-opus-4-5',
    'claude-opus-5-5',
    'claude-haiku-4-5',
    'claude-fable-5-1',
  ])('of %s is what the price book computes from the tokens, to the last digit', async (model) => {
    await using priced = await openPricedAgent('claude');
    priced.say([
      {
        text: 'a',
        usage: { input: 1_234, output: 567, cacheRead: 8_901, cacheWrite: 2_345, longCacheWrite: 678 },
      },
    ]);
    const result = await priced.manager.runOnce('go', { ...priced.run, model });
    expect(result).toMatchObject({ status: 'completed', cost: { source: 'provider' } });
    expect(result.usage).toEqual({
      inputTokens: 1_234,
      outputTokens: 567,
      cacheReadTokens: 8_901,
      cacheWriteTokens: 2_345,
      longCacheWriteTokens: 678,
      reasoningTokens: 0,
    });
    // The agent adds binary fractions; its figure is taken to a billionth.
    const [told, computed] = [result.cost?.usd, result.cost?.computed].map((usd) => parseMoney(usd ?? ''));
    expect(((computed ?? -1n) + 500n) / 1000n).toBe((told ?? -2n) / 1000n);
  });
});

describe('a run of Claude Code', () => {
  it('with a model that nobody knows is unpriced, though the agent guesses, or has the caller’s price', async () => {
    const model = 'claude-unheard-of';
    for (const [prices, cost] of [
      [{}, { source: 'unpriced', unpriced: [model] }],
      [
        { models: { [model]: { input: 1, output: 2 } } },
        { usd: '0.012', source: 'computed', computed: '0.012' },
      ],
    ] as const) {
      await using priced = await openPricedAgent('claude', { prices });
      priced.say([{ text: 'a', usage }]);
      const result = await priced.manager.runOnce('go', { ...priced.run, model });
      expect(result).toMatchObject({ status: 'completed', cost });
    }
  });
  it('that resumes a session, one that fails in it, and one that forks it, cost only what they use themselves', async () => {
    await using priced = await openPricedAgent('claude');
    const session = await priced.manager.createSession();
    const own = { usd: '0.045', computed: '0.045' };
    const run = async (turns: readonly ExampleTurn[], on = session): Promise<unknown> => {
      priced.say(turns);
      const { status, cost } = await (await on.run('go on', priced.run)).result;
      return { status, cost };
    };
    for (let turn = 0; turn < 2; turn++) {
      const cost = { ...own, source: 'provider' };
      expect(await run([{ text: `said ${turn}`, usage }])).toEqual({ status: 'completed', cost });
    }
    const fork = await session.fork();
    const forked = await run([{ text: 'elsewhere', usage }], fork);
    expect(forked).toEqual({ status: 'completed', cost: { ...own, source: 'provider' } });
    // An agent that only calls tools has used something, too.
    const failed = await run([...working(1), { error: { status: 403 } }]);
    expect(failed).toEqual({ status: 'failed', cost: { ...own, source: 'provider' } });
    // What the conversation had used by then isn't known, so that the next run is what was seen of it.
    const next = await run([{ text: 'after it', usage }]);
    expect(next).toEqual({ status: 'completed', cost: { ...own, source: 'computed' } });
    await forgetCounters(priced);
    const anew = await run([{ text: 'after it was killed', usage }]);
    expect(anew).toEqual({ status: 'completed', cost: { ...own, source: 'computed' } });
  });
  it.each([
    ['foreground', false],
    ['background', true],
  ])('with a subagent in the %s counts what that uses once', async (_, background) => {
    await using priced = await openPricedAgent('claude');
    const input = { description: 'look', prompt: 'SUBAGENT', subagent_type: 'general-purpose' };
    const delegate = { name: 'Agent', input: { ...input, run_in_background: background } };
    priced.server.setScript((request) => {
      if (conversationTexts(request).includes('SUBAGENT')) return { text: 'I saw it.', usage };
      return toolResults(request).length === 0 ? { tools: [delegate], usage } : { text: 'end', usage };
    });
    const result = await priced.manager.runOnce('delegate', priced.run);
    expect(result).toMatchObject({ status: 'completed', output: 'end' });
    const answers = priced.server.mainRequests.length;
    // The main thread asks twice, and once more when it hears of the end of a subagent in the background.
    expect(answers).toBe(background ? 4 : 3);
    expect(result.usage).toMatchObject({ inputTokens: answers * 10_000, outputTokens: answers * 1_000 });
    const usd = background ? '0.18' : '0.135';
    expect(result.cost).toEqual({ usd, source: 'provider', computed: usd });
  });
  it('that is cancelled costs its answers, and the one that was cut off as far as its beginning tells', async () => {
    await using priced = await openPricedAgent('claude');
    priced.say([...working(2), { text: 'never ends', usage, hang: true }]);
    const session = await priced.manager.createSession();
    const run = await session.run('go', { ...priced.run, deltas: 'each' });
    await waitForEvent(run, 'message_streamed');
    await run.cancel();
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    // Three times 10,000 tokens of input, twice 1,000 of output, and the one with which an answer begins.
    expect(result.usage).toMatchObject({ inputTokens: 30_000, outputTokens: 2_001 });
    expect(result.cost).toEqual({ usd: '0.120015', source: 'computed', computed: '0.120015' });
  });
});

describe.each(exampleAgents.map(({ name }) => name))('a hard budget for %s', (name) => {
  /** What one answer costs at the prices below. */
  const answer = 45_000_000_000n;
  const prices = {
    models: { 'gpt-5.5': { input: 3, output: 15 }, 'claude-sonnet-4-5': { input: 3, output: 15 } },
    unnamed: { amp: 'claude-sonnet-4-5' },
  };
  const budgets: readonly Budget[] = [
    { name: 'everything', per: 'everything', usd: { warn: '0.05', hard: '0.1' } },
  ];
  it('is passed by less than one answer of the model', async () => {
    await using priced = await openPricedAgent(name, { prices, budgets });
    priced.say([...working(3), { text: 'never ends', usage, hang: true }]);
    const session = await priced.manager.createSession();
    const run = await session.run('work on', priced.run);
    const result = await run.result;
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'budget_exceeded', details: { spent: '0.135', limit: '0.1' } },
      cost: { usd: '0.135' },
    });
    const over = (parseMoney(result.cost?.usd ?? '') ?? 0n) - (parseMoney('0.1') ?? 0n);
    expect(over).toBeLessThan(answer);
    // An agent whose tools wait for us asks its model nothing more; others may be just about to.
    const asked = priced.server.mainRequests.length;
    expect(asked).toBeLessThanOrEqual(name === 'claude' ? 3 : 4);
    const warnings = (await collect(run)).filter((event) => event.type === 'budget_warning_raised');
    expect(warnings.map(({ data }) => data.spent)).toEqual(['0.09']);
    await expect(session.run('again', priced.run)).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(priced.server.mainRequests).toHaveLength(asked);
  });
});
