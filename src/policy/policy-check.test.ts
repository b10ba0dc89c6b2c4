import { describe, expect, test } from 'vitest';
import { checkPolicies, checkPolicy } from './policy-check.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe('a policy', () => {
  test('is given back as it was, rules as text or in parts', () => {
    const policy = {
      name: 'team',
      limits: { totalTokens: 1_000, costUsd: { most: 0.5, action: 'warn' }, duration: 0 },
      rules: {
        allow: ['bash(git status)'],
        deny: ['bash(git push; flags --force -f)', { tool: 'write', outside: '.', action: 'warn' }],
        ask: [{ tool: 'web_fetch', hosts: ['*.example.com'] }],
      },
      tools: ['bash', 'write', 'web_fetch', 'mcp:github/*'],
      action: 'request_approval',
    };
    expect(checkPolicy(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  });
  test.each([
    [undefined, 'not nothing'],
    ['deny', 'A policy is an object'],
    [[], 'A policy is an object'],
    [{ name: ' ' }, 'name of a policy'],
    [{ name: 'x'.repeat(201) }, 'name of a policy'],
    [{ limits: 3 }, 'limits of a policy'],
    [{ limits: { totalTokens: -1 } }, 'finite number from 0, not -1'],
    [{ limits: { duration: Number.NaN } }, 'not NaN'],
    [{ limits: { costUsd: Number.POSITIVE_INFINITY } }, 'not Infinity'],
    [{ limits: { costUsd: '1' } }, 'not "1"'],
    [{ limits: { turns: 1.5 } }, 'whole number'],
    [{ limits: { toolCalls: { most: -3 } } }, 'not -3'],
    [{ limits: { toolCalls: {} } }, 'not nothing'],
    [{ limits: { toolCalls: { most: 3, action: 'stop' } } }, 'cancel, request_approval, warn'],
    [{ rules: [] }, 'rules of a policy'],
    [{ rules: { deny: 'bash' } }, 'list of at most'],
    [{ rules: { deny: [7] } }, 'not 7'],
    [{ rules: { deny: ['bash('] } }, 'is not a rule'],
    [{ rules: { deny: [{ program: 'rm' }] } }, '`tool` of a rule'],
    [{ rules: { deny: [{ tool: 'm*p' }] } }, '`tool` of a rule'],
    [{ rules: { deny: [{ tool: 'bash', arguments: ['x'] }] } }, '`program`'],
    [{ rules: { deny: [{ tool: 'bash', program: '' }] } }, '`program` of a rule'],
    [{ rules: { deny: [{ tool: 'bash', flags: '-f' }] } }, '`flags` of a rule'],
    [{ rules: { ask: [{ tool: 'bash', action: 'warn' }] } }, 'no `action`'],
    [{ rules: { allow: [{ tool: 'write', outside: '.' }] } }, 'no `outside`'],
    [{ tools: 'bash' }, 'tools of a policy'],
    [{ tools: ['bash', ''] }, 'tools of a policy'],
    [{ action: 'stop' }, 'cancel, request_approval, warn'],
  ])('%j is refused', (given, message) => {
    expect(() => checkPolicy(given)).toThrow(code('invalid_input'));
    expect(() => checkPolicy(given)).toThrow(message);
  });
  test.each([
    [{ limit: {} }, 'Did you mean "limits"?'],
    [{ limits: { total_tokens: 1 } }, 'The limits of a policy has no field "total_tokens"'],
    [{ limits: { turns: { most: 1, max: 2 } } }, 'max'],
    [{ rules: { forbid: [] } }, 'forbid'],
    [{ rules: { deny: [{ tool: 'bash', programm: 'rm' }] } }, 'Did you mean "program"?'],
  ])('%j has a field that nothing reads', (given, message) => {
    expect(() => checkPolicy(given)).toThrow(code('unknown_option'));
    expect(() => checkPolicy(given)).toThrow(message);
  });
  test('several are a list that is not empty', () => {
    expect(checkPolicies([{}, { name: 'a' }])).toEqual([{}, { name: 'a' }]);
    for (const given of [[], {}, 'x', [1]]) expect(() => checkPolicies(given)).toThrow(code('invalid_input'));
  });
});
