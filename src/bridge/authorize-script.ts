import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bridge } from './bridge-server.ts';
import { maximumLine, requestDeadline, tokenVariable } from './bridge-message.ts';
import { helperCommand } from './helper-program.ts';

/** Where systems that bring Perl along have it. */
const systemPerl = '/usr/bin/perl';

/**
 * Writes the program that an agent starts before a tool call, for agents that can ask in no other way: it has no
 * arguments, gets the tool's input as JSON on standard input, and ends with 0 for yes and with 2 for no, the reason
 * on standard error. Whatever goes wrong is a no. It holds the token, so it lies in the bridge's private folder and
 * goes with it. Gives its path.
 *
 * Each call waits for its start, so it is Perl's where there is one (2 ms); Node.js takes ten times as long.
 */
export async function writeAuthorizeScript(
  bridge: Bridge,
  { perl = systemPerl }: { readonly perl?: string } = {},
): Promise<string> {
  const path = join(bridge.folder, 'authorize');
  const variables = Object.entries(bridge.environment).map(
    ([name, value]) => `${name}=${quoteForShell(value)}`,
  );
  const address = socketAddress();
  // Untrusted, so that no variable of the agent's loads anything into it; its complaints would be the reason.
  const fast = [perl, '-T', '-e', perlProgram(address ?? ''), bridge.socket];
  const lines = [
    '#!/bin/sh',
    `export PERL_BADLANG=0 ${variables.join(' ')}`,
    ...(address === undefined
      ? []
      : [`[ -x ${quoteForShell(perl)} ] && exec ${fast.map(quoteForShell).join(' ')}`]),
    `exec ${helperCommand('authorize-program', bridge).map(quoteForShell).join(' ')}`,
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o700 });
  return path;
}

/** How Perl writes the address of the socket at `$path`; `undefined` where that isn't known. */
function socketAddress(): string | undefined {
  if (process.platform === 'linux') return 'pack("S a*", 1, $path)';
  if (process.platform === 'darwin') return 'pack("C C a*", 2 + length $path, 1, $path)';
  return undefined;
}

/** Does what `authorize-program.ts` does, without a module: loading one would double its time. */
function perlProgram(address: string): string {
  return String.raw`
sub refuse { print STDERR $_[0], "\n"; exit 2 }
$SIG{ALRM} = sub { refuse("There was no answer in time.") };
$SIG{PIPE} = "IGNORE";
alarm ${requestDeadline / 1_000};
sub quoted {
  my ($text) = @_;
  return "null" unless defined $text;
  $text =~ s/(["\\])/\\$1/g;
  $text =~ s/([\x00-\x1f])/sprintf("\\u%04x", ord $1)/ge;
  return "\"$text\"";
}
sub decide {
  my $input = "";
  while (read(STDIN, $input, 65536, length $input)) {
    return "The input of the tool is too long." if length $input > ${maximumLine};
  }
  my %call = (
    toolName => $ENV{AGENT_TOOL_NAME}, toolUseId => $ENV{AGENT_TOOL_USE_ID},
    threadId => $ENV{AMP_THREAD_ID}, input => $input,
  );
  my $call = join ",", map { "\"$_\":" . quoted($call{$_}) } keys %call;
  my $bridge;
  my ($path) = $ARGV[0] =~ /(.*)/s;
  socket($bridge, 1, 1, 0) && connect($bridge, ${address})
    or return "The session manager can't be reached: $!";
  select((select($bridge), $| = 1)[0]);
  print $bridge "{\"token\":" . quoted($ENV{${tokenVariable}}) . "}\n{\"type\":\"authorize\",\"payload\":{$call}}\n";
  my $answer = <$bridge>;
  return "The session manager went away before it answered." unless defined $answer;
  exit 0 if $answer eq "{\"result\":{\"decision\":\"allow\"}}\n";
  my ($reason) = $answer =~ /^\{"(?:error":"|result":\{"decision":"deny","reason":")(.*)"\}+\n$/;
  return "The answer makes no sense." unless defined $reason;
  my %plain = (n => "\n", t => "\t", r => "\r", b => "\b", f => "\f");
  $reason =~ s/\\(?:u00(..)|(.))/defined $1 ? chr hex $1 : exists $plain{$2} ? $plain{$2} : $2/ge;
  return $reason;
}
refuse(eval { decide() } || $@);`;
}

/** Writes a word so that every shell reads exactly it. */
export function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
