import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { timeSortedIds } from '../../domain/id.ts';
import type { JsonObject } from '../../domain/json.ts';
import { tokenUsage } from '../../domain/usage.ts';
import { claudeEnvironment } from './environment.ts';
import { readInstructionFile } from './instruction-file.ts';
import { checkNative } from './options.ts';
import { claude } from './provider.ts';
import { loadSdk } from './sdk.ts';
import { createUsageMeter } from './usage-meter.ts';
import { containing } from './fixtures/text-matcher.ts';

it('refuses options that nothing reads, with the nearest name', () => {
  expect(() => checkNative({ fallbackModle: 'x' })).toThrow(
    expect.objectContaining({ code: 'unknown_option', message: containing('"fallbackModel"') }),
  );
  const misspelt: object = { modle: 'x' };
  expect(() => claude(misspelt)).toThrow(expect.objectContaining({ code: 'unknown_option' }));
});

it('refuses options of the wrong kind, naming the place', () => {
  expect(() => checkNative({ additionalDirectories: ['relative'] })).toThrow(
    expect.objectContaining({
      code: 'invalid_input',
      message: containing('additionalDirectories.0'),
    }),
  );
  expect(() => checkNative({ agents: { one: { description: 'x' } } })).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  );
  expect(() => checkNative('text')).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  expect(checkNative(undefined)).toEqual({});
});

it('says which package is missing', async () => {
  const missing = loadSdk(() => Promise.reject(new Error('Cannot find package')));
  await expect(missing).rejects.toMatchObject({
    code: 'dependency_not_available',
    message: containing('@anthropic-ai/claude-agent-sdk'),
  });
  await expect(loadSdk(() => Promise.resolve({}))).rejects.toMatchObject({
    code: 'dependency_not_available',
  });
});

it('passes sign-in variables on, a cloud only when it is used, and no marks of an outer agent', () => {
  const request = { runId: timeSortedIds('run'), cookie: 'cookie' };
  const source = {
    PATH: '/bin',
    ANTHROPIC_API_KEY: 'key',
    AWS_SECRET_ACCESS_KEY: 'aws',
    SSH_AUTH_SOCK: 'ssh',
    CLAUDE_CODE_ENTRYPOINT: 'cli',
    OPENAI_API_KEY: 'other',
  };
  expect(claudeEnvironment(request, source)).toEqual({
    PATH: '/bin',
    ANTHROPIC_API_KEY: 'key',
    ASM_RUN_ID: request.runId,
    ASM_RUN_COOKIE: 'cookie',
    DISABLE_AUTOUPDATER: '1',
  });
  expect(
    claudeEnvironment({ ...request, environment: { set: { CLAUDE_CODE_USE_BEDROCK: '1' } } }, source),
  ).toMatchObject({ AWS_SECRET_ACCESS_KEY: 'aws' });
  expect(claudeEnvironment(request, { ...source, CLAUDE_CODE_USE_BEDROCK: '0' })).not.toHaveProperty(
    'AWS_SECRET_ACCESS_KEY',
  );
});

it('reads the first instruction file, at most 64 KiB of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'asm-instructions-'));
  try {
    expect(await readInstructionFile(folder)).toBeUndefined();
    await writeFile(join(folder, 'AGENTS.md'), 'from agents');
    expect(await readInstructionFile(folder)).toContain('from agents');
    await writeFile(join(folder, 'CLAUDE.md'), 'c'.repeat(100_000));
    const text = await readInstructionFile(folder);
    expect(text).not.toContain('from agents');
    expect(text).toContain('left out');
    expect(text?.length).toBeLessThan(66_000);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("takes a run's share out of the conversation's figures", () => {
  const result = (times: number): JsonObject => ({
    total_cost_usd: 0.00375 * times,
    modelUsage: { m: { inputTokens: 1000 * times, outputTokens: 50 * times, thinkingTokens: 10 * times } },
  });
  const first = createUsageMeter('nothing');
  first.takeResult(result(1));
  const second = createUsageMeter(first.counters() ?? 'unknown');
  second.takeResult(result(2));
  expect(second.figures()).toEqual(first.figures());
  expect(second.figures()).toMatchObject({
    usage: { inputTokens: 1000, outputTokens: 40, reasoningTokens: 10 },
    cost: { usd: '0.00375' },
  });
  const counted = { inputTokens: 5, costBasis: 'unknown' };
  // A process that was killed did not keep its counters, so that the next one begins anew.
  const anew = createUsageMeter(first.counters() ?? 'unknown');
  const used = tokenUsage({ inputTokens: 1500 });
  anew.addAnswer('m', used, { streamed: true });
  anew.takeResult({ total_cost_usd: 0.005, modelUsage: { m: { inputTokens: 1500 } } });
  expect(anew.figures()).toEqual({ usage: used, byModel: { m: used } });
  const guessing = createUsageMeter('nothing');
  guessing.takeResult({ total_cost_usd: 1, modelUsage: { m: counted } });
  expect(guessing.figures()).not.toHaveProperty('cost');
  const unknown = createUsageMeter('unknown');
  unknown.takeResult(result(3));
  expect(unknown.figures()).toMatchObject({ usage: { inputTokens: 0 } });
  expect(unknown.figures()).not.toHaveProperty('cost');
});
