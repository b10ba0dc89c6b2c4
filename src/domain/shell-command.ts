import { readScript } from './shell-script.ts';
import type { ShellWord } from './shell-word.ts';
import { hasHiddenSubstitution, isPowerfulVariable, unwrapCommand } from './shell-wrapper.ts';

/** One program that a shell text runs. */
export interface SimpleCommand {
  /** The program's name without its folders: `rm` for `/bin/rm`. */
  readonly program: string;
  /** The program as it was written, quotes taken away. */
  readonly path: string;
  /** Its arguments, quotes taken away; where the shell puts something else, the source text. */
  readonly arguments: readonly string[];
  /** True when at least one argument is known only when the command runs. */
  readonly dynamicArguments: boolean;
  /** The index of the first such argument; number and place of those behind it are not known either. */
  readonly dynamicFrom?: number;
}

export interface ShellRedirection {
  /** `<`, `>`, `>>`, `>|`, `<>`, `<&`, `>&`, `&>`, `&>>` or `<<<`. */
  readonly operator: string;
  readonly target: string;
  /** True when the target is known only when the command runs. */
  readonly dynamic: boolean;
}

/** What is known of a shell text without running it. */
export interface ParsedShellCommand {
  /**
   * Every program that the text names, wherever: in pipelines, lists, loops, subshells, substitutions,
   * here-documents, behind `env`, `sudo`, `xargs`, `find -exec`, in the text of `sh -c` and `eval`. The
   * wrapping program comes before what it wraps. May contain more than runs (patterns of a `case`).
   */
  readonly commands: readonly SimpleCommand[];
  /** Why there may be more than `commands`; empty when that is all. */
  readonly opaque: readonly string[];
  readonly redirections: readonly ShellRedirection[];
  /** Names of the variables that are set. */
  readonly assignments: readonly string[];
}

const longestText = 65_536;
const deepestScript = 8;

/**
 * Finds every program that a shell text would run, as `sh`, `bash` and `zsh` read it. Pure and fail-closed:
 * whatever is not fully understood, or read differently by different shells, is a reason in `opaque`.
 * What a program does with its own arguments and files is not looked into, except for programs whose
 * purpose is to run others. Texts of more than 65,536 characters are opaque as a whole.
 */
export function parseShellCommand(text: string): ParsedShellCommand {
  const parser = new Parser();
  parser.script(text, 0);
  return parser.result();
}

/** Reserved words that stand before a command. */
const introducers: ReadonlySet<string> = new Set(
  'if then else elif fi while until do done { } ! esac'.split(' '),
);

class Parser {
  readonly #commands: SimpleCommand[] = [];
  readonly #opaque = new Set<string>();
  readonly #redirections: ShellRedirection[] = [];
  readonly #assignments: string[] = [];

  result(): ParsedShellCommand {
    return {
      commands: this.#commands,
      opaque: [...this.#opaque],
      redirections: this.#redirections,
      assignments: this.#assignments,
    };
  }

  script(text: string, depth: number): void {
    if (text.length > longestText) {
      this.#opaque.add(`it is longer than ${longestText} characters`);
    } else if (depth > deepestScript) {
      this.#opaque.add('it is nested too deeply');
    } else {
      readScript(text, {
        opaque: (reason) => this.#opaque.add(reason),
        segment: (words) => this.#segment(words, depth),
        script: (inner) => this.script(inner, depth + 1),
        redirection: (operator, target) => this.#redirection(operator, target),
      });
    }
  }

  #redirection(operator: string, target: ShellWord): void {
    if (/^\/dev\/(?:tcp|udp)\//.test(target.text)) this.#opaque.add('it opens a network connection');
    this.#redirections.push({ operator, target: target.text, dynamic: target.dynamic });
  }

  /** The words between two operators: takes away what is not yet the command. */
  #segment(words: readonly ShellWord[], depth: number): void {
    let rest = words;
    for (;;) {
      const skipped = this.#skipReserved(rest);
      if (skipped === undefined) break;
      rest = skipped;
    }
    let [first] = rest;
    for (; first !== undefined; [first] = rest) {
      const name = first.mask.includes('=')
        ? /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/.exec(first.mask)?.[1]
        : undefined;
      if (name === undefined) break;
      this.#assignments.push(name);
      if (isPowerfulVariable(name)) this.#opaque.add(`it sets ${name}, which changes what programs do`);
      // Arithmetic evaluates the values of variables again.
      if (hasHiddenSubstitution(first)) this.#opaque.add('a variable is set to something that may be run');
      rest = rest.slice(1);
    }
    this.#command(rest, depth);
  }

  /** What is left after one reserved word; `undefined` when the first word is none. */
  #skipReserved(words: readonly ShellWord[]): readonly ShellWord[] | undefined {
    const first = words[0]?.mask;
    if (first === undefined) return undefined;
    if (introducers.has(first)) return words.slice(1);
    const second = words[1]?.mask;
    const third = words[2]?.mask;
    if (first === 'time' && second?.startsWith('-') !== true) return words.slice(1);
    if (first === 'case') return words.slice(third === 'in' ? 3 : 2);
    if (first === 'for' || first === 'select') {
      if (third === 'do') return words.slice(3);
      if (third !== undefined && third !== 'in')
        this.#opaque.add(`it has a "${first}" that is not understood`);
      return [];
    }
    if (first === 'function') {
      this.#opaque.add('it defines a function or a list');
      return words.slice(2);
    }
    return undefined;
  }

  #command(words: readonly ShellWord[], depth: number): void {
    const [first, ...rest] = words;
    if (first === undefined) return;
    if (
      first.dynamic ||
      first.text === '' ||
      (/[[\]{}^]|^[~=]/.test(first.mask) && !/^\[\[?$/.test(first.mask))
    ) {
      this.#opaque.add('the program of a command is not known');
      return;
    }
    const program = first.text.slice(first.text.lastIndexOf('/') + 1);
    const dynamicFrom = rest.findIndex((word) => word.dynamic);
    this.#commands.push({
      program,
      path: first.text,
      arguments: rest.map((word) => word.text),
      dynamicArguments: dynamicFrom !== -1,
      ...(dynamicFrom === -1 ? {} : { dynamicFrom }),
    });
    for (const inner of unwrapCommand(program, rest)) {
      if (inner.type === 'opaque') this.#opaque.add(inner.reason);
      else if (inner.type === 'script') this.script(inner.text, depth + 1);
      else this.#command(inner.words, depth);
    }
  }
}
