import type { ShellWord } from './shell-word.ts';

/** What the words after a program mean, when that program runs others. */
export type Unwrapped =
  | { readonly type: 'command'; readonly words: readonly ShellWord[] }
  | { readonly type: 'script'; readonly text: string }
  | { readonly type: 'opaque'; readonly reason: string };

/** The options of a program that stand before the command which it runs. Letters without their dash. */
interface WrapperOptions {
  readonly flags?: string;
  readonly values?: string;
  readonly longFlags?: readonly string[];
  readonly longValues?: readonly string[];
  /** Words between the options and the command. */
  readonly positionals?: number;
  /** True: `NAME=value` may stand before the command. */
  readonly assignments?: boolean;
}

const wrappers: ReadonlyMap<string, WrapperOptions> = new Map<string, WrapperOptions>([
  [
    'env',
    {
      flags: 'i0v',
      values: 'uC',
      longFlags: ['ignore-environment', 'null', 'debug'],
      longValues: ['unset', 'chdir'],
      assignments: true,
    },
  ],
  ['sudo', { flags: 'AbEHnPSkK', values: 'ughpCTRDrtU', longValues: ['user', 'group'], assignments: true }],
  ['doas', { flags: 'nL', values: 'uC' }],
  ['nice', { flags: '0123456789', values: 'n', longValues: ['adjustment'] }],
  ['ionice', { flags: 't', values: 'cn' }],
  ['nohup', {}],
  ['setsid', { flags: 'cfw', longFlags: ['ctty', 'fork', 'wait'] }],
  ['stdbuf', { values: 'ioe', longValues: ['input', 'output', 'error'] }],
  ['time', { flags: 'pvaq', values: 'fo', longFlags: ['portability', 'verbose'] }],
  [
    'timeout',
    {
      flags: 'vfp',
      values: 'ks',
      longFlags: ['foreground', 'preserve-status', 'verbose'],
      longValues: ['kill-after', 'signal'],
      positionals: 1,
    },
  ],
  ['exec', { flags: 'cl', values: 'a' }],
  ['command', { flags: 'p' }],
  ['builtin', {}],
  ['busybox', {}],
  ['toybox', {}],
]);

const xargsOptions: WrapperOptions = {
  flags: '0rtpxo',
  values: 'adEILnPs',
  longFlags: ['null', 'no-run-if-empty', 'verbose', 'interactive', 'exit', 'open-tty'],
  longValues: ['arg-file', 'delimiter', 'max-lines', 'max-args', 'max-procs', 'max-chars', 'replace'],
};

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'mksh', 'ash', 'rbash']);

/** Programs that run others in ways that are not looked into. */
const launchers: ReadonlySet<string> = new Set(
  (
    '. source alias enable hash bind complete compgen mapfile readarray fc coproc repeat foreach noglob nocorrect - ' +
    'fish csh tcsh pwsh parallel ssh su script watch flock chroot at batch systemd-run screen tmux unshare nsenter ' +
    'setpriv strace ltrace fakeroot runuser chrt taskset expect xvfb-run dbus-run-session run-parts'
  ).split(' '),
);
const interpreters =
  /^(?:python[\d.]*|pypy\d?|perl[\d.]*|ruby[\d.]*|node|nodejs|bun|deno|php[\d.]*|lua[\d.]*|osascript)$/;
/** Shell builtins that evaluate text as arithmetic, with the substitutions in it. */
const calculators: ReadonlySet<string> = new Set(
  'let declare typeset local export readonly test [ [[ printf read unset wait'.split(' '),
);

/** What a program runs besides itself; empty for ordinary programs. */
export function unwrapCommand(program: string, parameters: readonly ShellWord[]): readonly Unwrapped[] {
  if (shells.has(program)) return [unwrapShell(program, parameters)];
  if (launchers.has(program)) return [opaque(`what ${quote(program)} runs is not known`)];
  if (interpreters.test(program)) return unwrapInterpreter(program, parameters);
  if (program === 'eval') return [scriptOf(program, parameters)];
  if (program === 'trap') return [scriptOf(program, parameters.slice(0, 1))];
  if (program === 'xargs') return [unwrapXargs(parameters)];
  if (program === 'find') return unwrapFind(parameters);
  if (calculators.has(program) && parameters.some((word) => hasHiddenSubstitution(word))) {
    return [opaque(`${quote(program)} may run the text that it is given`)];
  }
  // These only look a name up.
  if (program === 'command' && /^-[vV]/.test(parameters[0]?.text ?? '')) return [];
  const options = wrappers.get(program);
  return options === undefined ? [] : [commandAfter(program, parameters, options)];
}

/** True when quotes keep the shell from running a substitution here, but a second look at the text would. */
export function hasHiddenSubstitution(word: ShellWord): boolean {
  return word.sleeping && /\$[({]|`/.test(word.text);
}

function commandAfter(program: string, parameters: readonly ShellWord[], options: WrapperOptions): Unwrapped {
  let start = skipOptions(parameters, options);
  if (start === undefined) return opaque(`the options of ${quote(program)} are not understood`);
  for (let left = options.positionals ?? 0; left > 0; left--) {
    if (parameters[start]?.dynamic === true)
      return opaque(`the options of ${quote(program)} are not understood`);
    start++;
  }
  if (options.assignments === true) {
    for (; /^[A-Za-z_]\w*=/.test(parameters[start]?.text ?? ''); start++) {
      const word = parameters[start];
      if (word?.dynamic === true || isPowerfulVariable(word?.text.split('=')[0] ?? '')) {
        return opaque(`${quote(program)} sets variables that change what programs do`);
      }
    }
  }
  return { type: 'command', words: parameters.slice(start) };
}

/** Variables through which a program is made to run another one. */
export function isPowerfulVariable(name: string): boolean {
  return /^(?:PATH|IFS|ENV|BASH.*|SHELLOPTS|PS4|PROMPT_COMMAND|LD_.*|DYLD_.*|GIT_.*|VISUAL|BROWSER|PYTHON.*|PERL.*|RUBY.*|.*(?:PAGER|EDITOR|COMMAND|OPTIONS|OPTS?|SHELL|FLAGS))$/i.test(
    name,
  );
}

/** The index of the first word after the options; `undefined` when one of them is not known. */
function skipOptions(parameters: readonly ShellWord[], options: WrapperOptions): number | undefined {
  let index = 0;
  for (;;) {
    const word = parameters[index];
    if (word === undefined || !word.text.startsWith('-') || word.text === '-') {
      return word?.dynamic === true ? undefined : Math.min(index, parameters.length);
    }
    if (word.dynamic) return undefined;
    if (word.text === '--') return index + 1;
    const taken = word.text.startsWith('--')
      ? longOption(word.text.slice(2), options)
      : shortOptions(word.text.slice(1), options);
    if (taken === undefined) return undefined;
    // A value that the shell makes may be no word, or several.
    if (taken === 2 && parameters[index + 1]?.dynamic !== false) return undefined;
    index += taken;
  }
}

function longOption(text: string, options: WrapperOptions): number | undefined {
  const [name = '', value] = text.split('=', 2);
  if (options.longFlags?.includes(name) === true && value === undefined) return 1;
  if (options.longValues?.includes(name) === true) return value === undefined ? 2 : 1;
  return undefined;
}

function shortOptions(letters: string, options: WrapperOptions): number | undefined {
  for (const [index, letter] of [...letters].entries()) {
    if (options.values?.includes(letter) === true) return index === letters.length - 1 ? 2 : 1;
    if (options.flags?.includes(letter) !== true) return undefined;
  }
  return 1;
}

function unwrapXargs(parameters: readonly ShellWord[]): Unwrapped {
  const start = skipOptions(parameters, xargsOptions);
  if (start === undefined) return opaque('the options of "xargs" are not understood');
  const replaces = parameters.slice(0, start).some((word) => /^-[^-]*I|^--replace/.test(word.text));
  const words = parameters.slice(start).map((word) => (replaces ? { ...word, dynamic: true } : word));
  if (words.length === 0) return { type: 'command', words };
  return { type: 'command', words: [...words, { text: '', mask: '', dynamic: true, sleeping: false }] };
}

function unwrapFind(parameters: readonly ShellWord[]): readonly Unwrapped[] {
  const found: Unwrapped[] = [];
  for (const [index, word] of parameters.entries()) {
    // A dynamic word may be `-exec` as well.
    if (
      word.dynamic &&
      !/^[./~]/.test(word.text) &&
      !/^-i?(?:name|path|regex)$/.test(parameters[index - 1]?.text ?? '')
    ) {
      found.push(opaque('the conditions of "find" are not known'));
    }
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(word.text)) continue;
    const rest = parameters.slice(index + 1);
    const end = rest.findIndex((other) => other.text === ';' || other.text === '+');
    if (end === -1) found.push(opaque('a command of "find" has no end'));
    const words = end === -1 ? rest : rest.slice(0, end);
    found.push({
      type: 'command',
      words: words.map((other) => (other.text.includes('{}') ? { ...other, dynamic: true } : other)),
    });
  }
  return found;
}

function unwrapShell(program: string, parameters: readonly ShellWord[]): Unwrapped {
  for (const [index, word] of parameters.entries()) {
    if (word.dynamic) break;
    if (/^-[a-z]*c[a-z]*$/.test(word.text) && !word.text.includes('o')) {
      return scriptOf(program, parameters.slice(index + 1, index + 2));
    }
    if (!/^(?:-[a-bd-np-z]+|--(?:login|norc|noprofile|posix))$/.test(word.text)) break;
  }
  return opaque(`what ${quote(program)} reads its commands from is not known`);
}

function unwrapInterpreter(program: string, parameters: readonly ShellWord[]): readonly Unwrapped[] {
  const [first] = parameters;
  const runsFile =
    first !== undefined && !first.dynamic && !first.text.startsWith('-') && first.text !== 'eval';
  const tellsVersion = first !== undefined && /^(?:--version|-V|-v|--help|-h)$/.test(first.text);
  // Node's test runner runs files of the folder, as `npm test` does.
  const runsTests = program === 'node' && first?.text === '--test' && parameters.length === 1;
  return runsFile || tellsVersion || runsTests
    ? []
    : [opaque(`${quote(program)} runs code that is not looked into`)];
}

function scriptOf(program: string, words: readonly ShellWord[]): Unwrapped {
  if (words.length === 0 || words.some((word) => word.dynamic) || words[0]?.text.startsWith('-') === true) {
    return opaque(`the text that ${quote(program)} runs is not known`);
  }
  return { type: 'script', text: words.map((word) => word.text).join(' ') };
}

function opaque(reason: string): Unwrapped {
  return { type: 'opaque', reason };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
