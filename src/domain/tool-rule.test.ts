import { describe, expect, test } from 'vitest';
import { decideByRules, formatToolRule, parseToolRule, type ToolRules } from './tool-rule.ts';
import type { ToolCall } from './tool.ts';

const cwd = '/home/ada/project';

function bash(command: string): ToolCall {
  return { id: '1', name: 'Bash', tool: 'bash', kind: 'execute', input: { command }, command };
}

function write(...paths: string[]): ToolCall {
  return { id: '1', name: 'Write', tool: 'write', kind: 'edit', input: {}, paths };
}

function rules(texts: {
  readonly allow?: string[];
  readonly deny?: string[];
  readonly ask?: string[];
}): ToolRules {
  return Object.fromEntries(Object.entries(texts).map(([name, list]) => [name, list.map(parseToolRule)]));
}

function decision(call: ToolCall, texts: Parameters<typeof rules>[0]): string | undefined {
  return decideByRules(call, rules(texts), { cwd })?.decision;
}

describe('deny', () => {
  const deny = { deny: ['bash(rm)', 'bash(git push --force)'], allow: ['bash'] };
  test.each([
    'rm x',
    'echo; rm x',
    'env rm x',
    '/bin/rm',
    'RM x',
    'echo $(rm)',
    '$x',
    'sh file',
    'git push --force',
    'git push $x',
    'git $x',
  ])('stops %j', (command) => expect(decision(bash(command), deny)).toBe('deny'));
  test.each(['ls', 'git push', 'git push origin', 'echo rm', 'git push -v $x'])('lets %j be', (command) =>
    expect(decision(bash(command), deny)).toBe('allow'),
  );
  test('a rule without a program stops the tool in any spelling, others go on', () => {
    expect(decision(bash('ls'), { deny: ['BASH'], allow: ['bash'] })).toBe('deny');
    expect(decision(bash('$x'), { deny: ['write'] })).toBeUndefined();
  });
  test('says why', () => {
    const found = decideByRules(bash('ls; /bin/rm x'), rules(deny), { cwd });
    expect(found?.reason).toBe('The rule bash(rm) forbids it: it runs /bin/rm.');
  });
});

describe('allow', () => {
  const allow = { allow: ['bash(git status)', 'bash(git log * --oneline)', 'bash(ls)'] };
  test.each([
    'git status',
    'git status -s; ls *.ts',
    'git log main --oneline',
    'ls 2>/dev/null',
    'ls 2>&1 | ls',
  ])('lets %j through', (command) => expect(decision(bash(command), allow)).toBe('allow'));
  test.each([
    'git',
    'git push',
    'git status; rm x',
    'git $x',
    './git status',
    'GIT status',
    'git log --oneline',
    'ls > file',
    'ls > $x',
    'ls &> file',
    'A=1 ls',
    'ls; $x',
    'ls; sh file',
    '',
    'env ls',
  ])('does not decide %j', (command) => expect(decision(bash(command), allow)).toBeUndefined());
  test('ask goes before allow', () => {
    expect(decision(bash('ls; git push'), { ask: ['bash(git push)'], allow: ['bash'] })).toBe('ask');
  });
});

describe('tools and folders', () => {
  test('a star at the end stands for any rest', () => {
    const call: ToolCall = { id: '1', name: 'x', tool: 'mcp:github/delete', kind: 'other', input: {} };
    expect(decision(call, { deny: ['mcp:GitHub/*'] })).toBe('deny');
    expect(decision(call, { deny: ['mcp:git/*'] })).toBeUndefined();
  });
  test.each([
    [['src/a.ts'], 'allow'],
    [['/home/ada/project/src/x/../a.ts', 'src/b'], 'allow'],
    [['src/../secret'], undefined],
    [['src2/a'], undefined],
    [['src/a', '/etc/passwd'], undefined],
    [[], undefined],
  ])('%j inside ./src: %s', (paths, expected) => {
    expect(decision(write(...paths), { allow: ['write(inside ./src)'] })).toBe(expected);
  });
  test('one path in a forbidden folder is enough', () => {
    expect(decision(write('a', 'x/../.git/config'), { deny: ['write(inside .git)'] })).toBe('deny');
    expect(decision(write('a'), { deny: ['write(inside .git)'] })).toBeUndefined();
  });
});

describe('the text of a rule', () => {
  test.each([
    ['bash', { tool: 'bash' }],
    ['mcp:github/*', { tool: 'mcp:github/*' }],
    ['bash(git status *)', { tool: 'bash', program: 'git', arguments: ['status'] }],
    ['bash(git * x)', { tool: 'bash', program: 'git', arguments: ['*', 'x'] }],
    ['bash(echo "a b")', { tool: 'bash', program: 'echo', arguments: ['a b'] }],
    ['write(inside ./src)', { tool: 'write', inside: './src' }],
  ])('%j', (text, rule) => expect(parseToolRule(text)).toEqual(rule));
  test.each(['', 'bash(', 'bash()', 'a b', 'm*p', 'bash(a; b)', 'bash($x)', 'bash(ls) x'])(
    'refuses %j',
    (text) => expect(() => parseToolRule(text)).toThrow(expect.objectContaining({ code: 'invalid_input' })),
  );
  test('is written back', () => {
    for (const text of ['bash', 'bash(git status)', 'write(inside ./src)']) {
      expect(formatToolRule(parseToolRule(text))).toBe(text);
    }
  });
});
