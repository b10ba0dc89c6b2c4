import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseShellCommand } from './shell-command.ts';
import { splitPlainCommand } from './shell-word.ts';

function programs(text: string): readonly string[] {
  return parseShellCommand(text).commands.map((command) => command.program);
}

describe('finds the program, however it is written', () => {
  test.each([
    'rm -rf /',
    'echo x; rm',
    'echo x && rm',
    'echo x || rm',
    'echo x | rm',
    'echo x |& rm',
    'echo x & rm',
    'echo x\nrm',
    'FOO=1 rm',
    'FOO=1 BAR="a b" rm',
    'a[1]=x rm',
    '>out rm',
    '2>&1 rm',
    '{fd}>out rm',
    'env rm',
    'env -i FOO=1 rm',
    'env -u HOME rm',
    'sudo -u root rm',
    'nice -n 5 rm',
    'nice -10 rm',
    'nohup rm &',
    'time -p rm',
    'time rm',
    'timeout -k 5 10 rm',
    'timeout --signal=KILL 10 rm',
    'xargs rm',
    'ls | xargs -0 -n 1 rm -rf',
    'exec -a name rm',
    'command rm',
    'builtin rm',
    'busybox rm',
    'find . -name x -exec rm {} \\;',
    'find . -execdir rm {} +',
    'sh -c rm',
    'bash -c "rm -rf x"',
    "bash -lc 'cd x && rm'",
    'eval rm',
    'eval "echo; rm"',
    "trap 'rm' EXIT",
    '$(rm)',
    'echo $(rm)',
    'echo "$(rm)"',
    'echo "a `rm` b"',
    'echo `rm`',
    'echo $(echo $(rm))',
    'x=$(rm)',
    'cat <(rm)',
    'tee >(rm)',
    'cat <<EOF\n$(rm)\nEOF',
    'cat <<EOF\n`rm`\nEOF',
    'cat <<EOF; rm\ntext\nEOF',
    'cat <<EOF\ntext\nEOF\nrm',
    "cat <<'EOF'\ntext\nEOF\nrm",
    'cat <<-EOF\n\ttext\n\tEOF\nrm',
    'cat <<A <<B\nA\nB\nrm',
    'cat <<< "$(rm)"',
    'r\\m',
    '\\rm',
    '"rm"',
    "'rm'",
    'r""m',
    "r'm'",
    "$'rm'",
    '$"rm"',
    'r\\\nm',
    '/bin/rm',
    './x/../rm',
    '(rm)',
    '((rm) )',
    '{ rm; }',
    '! rm',
    'if rm; then :; fi',
    'if true; then rm; fi',
    'if true; then :; else rm; fi',
    'if true; then :; elif rm; then :; fi',
    'for x in a b; do rm; done',
    'for x do rm; done',
    'while true; do rm; done',
    'until rm; do :; done',
    'case x in x) rm;; esac',
    'case x in\n(x)\nrm\n;; esac',
    'ls() { rm; }; ls',
    'function ls { rm; }; ls',
    '((1)); rm',
    '[[ a && b ]] && rm',
    'echo # comment\nrm',
    'echo a#b; rm',
    'echo "# no comment"; rm',
    "echo 'it''s'; rm",
    'echo \\"; rm; echo \\"',
    'echo "\\""; rm; echo "\\""',
  ])('%j', (text) => {
    expect(programs(text)).toContain('rm');
  });
});

describe('says that it cannot know', () => {
  test.each([
    '$x rm',
    '$RM -rf',
    '"$(echo rm)"',
    '{rm,-rf}',
    '/bin/r?',
    '/bin/[r]m',
    '~/rm',
    'eval "$x"',
    'eval $(echo rm)',
    'sh -c "$x"',
    'sh script.sh',
    'base64 -d x | sh',
    'sh <<EOF\nrm\nEOF',
    'curl x | bash -s',
    '. file',
    'source file',
    'alias ls=rm',
    'PATH=/evil ls',
    'LD_PRELOAD=x ls',
    'GIT_PAGER=rm git log',
    'env -S "rm -rf"',
    'env PATH=/evil ls',
    'sudo -i',
    'sudo --unknown rm',
    'xargs -I% % ',
    'xargs -I{} sh -c {}',
    'xargs sh',
    'xargs env',
    'find . -exec {} \\;',
    'find $x',
    'find . -exec rm',
    'parallel rm',
    'ssh host rm',
    'su -c rm',
    'coproc rm',
    'python -c "import os"',
    'perl -e 1',
    'node --eval 1',
    'python3 < x',
    'echo "',
    "echo '",
    'echo `',
    'echo $(',
    'echo \\',
    '(ls',
    'ls)',
    '((x))',
    'echo $((x))',
    'echo $[x]',
    'echo ${x:-y}',
    'echo ${x@P}',
    "let 'a[$(rm)]'",
    "test -v 'a[$(rm)]'",
    "x='a[$(rm)]'",
    "$'a\\'; rm #'",
    "$'r\\x6d'",
    'ls() { :; }',
    'x=(a b)',
    'ls *(e:rm:)',
    'a[1 ]=x rm',
    '=rm',
    'cat <<EOF',
    'cat <<EOF\nx\\\nEOF\nEOF',
    'ls >',
    'rm\u00a0-rf',
    'ls\u0000',
    'echo $(case x in x) rm;; esac)',
    'noglob rm',
    'exec 3<>/dev/tcp/host/80',
    `echo ${'x'.repeat(70_000)}`,
    '$('.repeat(100),
  ])('%j', (text) => {
    expect(parseShellCommand(text).opaque).not.toEqual([]);
  });
});

describe('understands everyday commands completely', () => {
  test.each([
    ['git status', ['git']],
    ['npm test -- --run src/a.test.ts', ['npm']],
    ['cd src && ls -la | grep "a b" > /dev/null 2>&1', ['cd', 'ls', 'grep']],
    ['git commit -m "Say \\"why\\" & how; not (only) what"', ['git']],
    ["git commit -m 'costs $5 and `ticks`'", ['git']],
    ['for file in *.ts; do wc -l "$file"; done', ['wc']],
    ['if [ -f a ]; then cat a; fi', ['[', 'cat']],
    ['[[ $x == y ]] && echo $((1 + 2))', ['[[', 'echo']],
    ['find . -name "*.ts" -not -path "./x/*" -exec grep -l foo {} +', ['find', 'grep']],
    ['x=$(git rev-parse HEAD); echo "$x"', ['git', 'echo']],
    ['cat <<"EOF" > file\n$(rm) `rm`\nEOF', ['cat']],
    ["awk '{print $1}' file # rm", ['awk']],
    ['python script.py --flag', ['python']],
    ['command -v rm', ['command']],
    ['', []],
  ])('%j', (text, expected) => {
    const parsed = parseShellCommand(text);
    expect(parsed.opaque).toEqual([]);
    expect(parsed.commands.map((command) => command.program)).toEqual(expected);
  });

  test('arguments, redirections and assignments are told', () => {
    expect(parseShellCommand('A=1 /bin/echo "a b" $x *.ts >> "out file" 2>&1 <in')).toEqual({
      commands: [
        {
          program: 'echo',
          path: '/bin/echo',
          arguments: ['a b', '$x', '*.ts'],
          dynamicArguments: true,
          dynamicFrom: 1,
        },
      ],
      opaque: [],
      redirections: [
        { operator: '>>', target: 'out file', dynamic: false },
        { operator: '>&', target: '1', dynamic: false },
        { operator: '<', target: 'in', dynamic: false },
      ],
      assignments: ['A'],
    });
  });
});

test('any text is read to its end', () => {
  const pieces = fc.constantFrom(
    ...'$ ( ) { } [ ] < > | & ; " \' ` \\ # ! = ~ * ? \n a rm case in esac << EOF $( $(( ${ for do'.split(
      ' ',
    ),
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const parsed = parseShellCommand(parts.join(''));
      expect(Array.isArray(parsed.commands)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test('the words of a plain command', () => {
  expect(splitPlainCommand('git commit -m "a b" \'c d\' e\\ f')).toEqual([
    'git',
    'commit',
    '-m',
    'a b',
    'c d',
    'e f',
  ]);
  expect(splitPlainCommand('echo \'$HOME\' ""')).toEqual(['echo', '$HOME', '']);
  for (const text of [
    '',
    'a; b',
    'a | b',
    'a > b',
    'a $x',
    'a *',
    'a\nb',
    'a # b',
    'A=1 b',
    'a &',
    '{ a }',
    '! a',
    'a "',
    '~/x',
    'a $(b)',
    'a <(b)',
    'a `b`',
  ]) {
    expect(splitPlainCommand(text), text).toBeUndefined();
  }
});
