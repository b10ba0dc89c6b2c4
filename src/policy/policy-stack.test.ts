import { describe, expect, test } from 'vitest';
import { assertWorkable } from './policy-preflight.ts';
import { mergePolicies, toolPolicyOf } from './policy-stack.ts';
import { describePolicy } from './policy-text.ts';
import type { Policy } from './policy.ts';

const limitsOf = (...policies: readonly Policy[]): readonly string[] =>
  mergePolicies(policies).limits.map(
    ({ limit, most, action, policy }) => `${limit} ${most} ${action} ${policy}`,
  );

describe('a stack', () => {
  test('has all names and the strictest action; who says nothing makes nobody stricter', () => {
    const merged = mergePolicies([
      { name: 'org' },
      { name: 'team', action: 'warn' },
      { name: 'mine', action: 'request_approval' },
      { name: 'team' },
    ]);
    expect(merged).toMatchObject({ name: 'org + team + mine', action: 'request_approval' });
    expect(mergePolicies([{}, {}])).toMatchObject({ name: 'policy', action: 'cancel' });
  });
  test('has the least of the limits, in whatever order they come', () => {
    const org = { name: 'org', limits: { totalTokens: 1_000, turns: 5 } };
    const mine = { name: 'mine', limits: { totalTokens: 9_000, turns: 3 } };
    for (const policies of [
      [org, mine],
      [mine, org],
    ]) {
      expect(limitsOf(...policies)).toEqual(['totalTokens 1000 cancel org', 'turns 3 cancel mine']);
    }
  });
  test('keeps a higher limit only where it is the stricter one', () => {
    const early = { name: 'early', limits: { costUsd: { most: 1, action: 'warn' } } } as const;
    const late = { name: 'late', limits: { costUsd: 5 } };
    expect(limitsOf(late, early)).toEqual(['costUsd 1 warn early', 'costUsd 5 cancel late']);
    expect(limitsOf({ ...early, limits: { costUsd: { most: 9, action: 'warn' } } }, late)).toEqual([
      'costUsd 5 cancel late',
    ]);
  });
  test('has every rule, with its own action or that of all', () => {
    const merged = mergePolicies([
      { name: 'org', action: 'cancel', rules: { deny: ['bash(rm)'] } },
      { name: 'team', action: 'warn', rules: { deny: ['write', { tool: 'edit', action: 'warn' }] } },
    ]);
    expect(merged.deny.map(({ rule, action }) => `${rule.tool} ${action}`)).toEqual([
      'bash cancel',
      'write cancel',
      'edit warn',
    ]);
  });
  test('is printed', () => {
    const policies: readonly Policy[] = [
      {
        name: 'org',
        action: 'cancel',
        limits: { totalTokens: 1_000, costUsd: { most: 0.5, action: 'warn' } },
        tools: ['bash', 'read'],
      },
      { name: 'team', rules: { deny: ['bash(git push; flags -f)'], allow: ['bash(git)'], ask: ['read'] } },
    ];
    expect(describePolicy(policies)).toMatchInlineSnapshot(`
      "policy org + team: cancel
        totalTokens 1000  [org]
        costUsd 0.5 -> warn  [org]
        only bash, read  [org]
        allow bash(git)  [team]
        deny bash(git push; flags -f)  [team]
        ask read  [team]"
    `);
    expect(describePolicy({ rules: { deny: ['bash'] } })).toBe('policy policy: cancel\n  deny bash');
  });
  test('tells providers of whole tools, unless they can be approved', () => {
    const merged = mergePolicies([
      {
        action: 'warn',
        tools: ['read'],
        rules: { deny: ['bash', 'write(outside .)', { tool: 'edit', action: 'request_approval' }] },
      },
    ]);
    expect(toolPolicyOf(merged)).toEqual({ deny: ['bash'], only: [['read']] });
    expect(toolPolicyOf(mergePolicies([{ action: 'request_approval', tools: ['read'] }])).only).toEqual([]);
  });
});

describe('a policy under which nothing works is refused', () => {
  test.each<[string, readonly Policy[]]>([
    ['empty_allow_list', [{ tools: [] }]],
    ['empty_allow_list', [{ rules: { allow: [] } }]],
    ['empty_allow_list', [{ tools: ['bash'] }, { tools: ['read'] }]],
    ['zero_budget', [{ limits: { totalTokens: 0 } }]],
    ['zero_budget', [{ limits: { toolCalls: 0 } }]],
    ['zero_budget', [{ limits: { turns: { most: 0, action: 'warn' } } }]],
    ['contradictory_rules', [{ tools: ['Bash'] }, { rules: { deny: ['bash'] } }]],
    ['contradictory_rules', [{ rules: { allow: ['bash(rm)'], deny: ['bash(rm)'] } }]],
    ['contradictory_rules', [{ rules: { allow: ['bash(rm)'] } }, { rules: { deny: ['bash'] } }]],
    ['contradictory_rules', [{ tools: ['mcp:github/*'], rules: { deny: ['mcp:*'] } }]],
  ])('%s: %j', (check, policies) => {
    expect(() => assertWorkable(mergePolicies(policies))).toThrow(
      expect.objectContaining({ code: 'policy_violation', details: expect.objectContaining({ check }) }),
    );
  });
  test.each<Policy>([
    {},
    { limits: { duration: 0, costUsd: 0 } },
    { tools: ['mcp:github/*'], rules: { deny: ['mcp:github/delete'] } },
    { rules: { allow: ['bash(git)'], deny: ['bash(git push)'] } },
  ])('%j is not', (policy) => expect(() => assertWorkable(mergePolicies([policy]))).not.toThrow());
});
