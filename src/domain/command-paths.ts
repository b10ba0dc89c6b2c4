import { resolvePath } from './path-containment.ts';
import type { ParsedShellCommand, SimpleCommand } from './shell-command.ts';

/** Paths that something names; `unknown` says why there may be more. */
export interface NamedPaths {
  /** As given, or absolute where it is known from which folder a relative one counts. */
  readonly paths: readonly string[];
  readonly unknown?: string;
}

/** Folders from which the relative paths of one command text may count; each other one makes them twice as many. */
const mostFolders = 16;
/** Each is looked up on the disk. */
const mostPaths = 10_000;
const folderChangers: ReadonlySet<string> = new Set(['cd', 'pushd', 'chdir']);
/** A program of the system: running it by its path is no different from running it by its name. */
const systemProgram = /^(?:\/usr(?:\/local)?|\/opt\/homebrew)?\/s?bin\/[^/]+$/;
/** Options by which programs work in another folder. */
const folderOptions = /^(?:-C|--directory|--chdir|--cwd|--prefix|--git-dir|--work-tree)(?:=(.*))?$/s;

/**
 * Every path that the words of a command may name: all its arguments, and parts of them (`--file=x`, `-Ix`,
 * `host:x`, `@x`), whether or not they are meant as one. What a program reads and writes without being told
 * is not among them. `folders` are those in which the command may start.
 */
export function commandPaths(parsed: ParsedShellCommand, folders: readonly string[]): NamedPaths {
  const reader = new CommandPathReader(folders);
  for (const command of parsed.commands) reader.command(command);
  for (const { operator, target, dynamic } of parsed.redirections) {
    if (operator === '<<<' || /^(?:\d+-?|-)$/.test(target) || target === '/dev/null') continue;
    if (dynamic) reader.unknown = 'a file that it reads or writes is not known';
    else reader.add(target);
  }
  const [opaque] = parsed.opaque;
  if (opaque !== undefined) reader.unknown = opaque;
  return reader.result();
}

class CommandPathReader {
  readonly #words = new Set<string>();
  readonly #folders: Set<string>;
  unknown: string | undefined;

  constructor(folders: readonly string[]) {
    this.#folders = new Set(folders);
  }

  command(command: SimpleCommand): void {
    const { program, arguments: words, dynamicFrom = words.length } = command;
    if (dynamicFrom < words.length) this.unknown ??= `what ${program} is given is not known`;
    if (command.path.includes('/') && !systemProgram.test(command.path)) this.add(command.path);
    const known = dynamicFrom < words.length ? words.slice(0, dynamicFrom) : words;
    for (const word of known) this.add(word);
    if (folderChangers.has(program)) this.#enterFirst(known);
    let next = 0;
    for (const word of words) {
      next++;
      if (!word.startsWith('-')) continue;
      const option = folderOptions.exec(word);
      if (option !== null) this.#enter(option[1] ?? words[next] ?? '');
      else if (/^-C./s.test(word)) this.#enter(word.slice(2));
    }
  }

  add(word: string): void {
    // Most words are plain ones.
    if (!/^-|[=:,@]/.test(word)) this.#addPath(word);
    else for (const candidate of candidates(word)) this.#addPath(candidate);
  }

  result(): NamedPaths {
    const paths: string[] = [];
    const relative: string[] = [];
    for (const word of this.#words) (word.startsWith('/') ? paths : relative).push(word);
    for (const folder of this.#folders) {
      if (paths.length + relative.length > mostPaths) {
        this.unknown ??= 'it names too many paths';
        break;
      }
      for (const word of relative) paths.push(`${folder}/${word}`);
    }
    return this.unknown === undefined ? { paths } : { paths, unknown: this.unknown };
  }

  #addPath(path: string): void {
    if (path !== '' && path !== '/dev/null') this.#words.add(path);
  }

  #enterFirst(words: readonly string[]): void {
    const folder = words.find((word) => !word.startsWith('-') || word === '-');
    if (folder === undefined || folder === '-') this.unknown ??= 'the folder that it changes to is not known';
    else this.#enter(folder);
  }

  #enter(folder: string): void {
    if (this.#folders.size >= mostFolders) this.unknown ??= 'it changes between too many folders';
    else for (const from of [...this.#folders]) this.#folders.add(resolvePath(folder, from));
  }
}

/** The path of an address of a file. */
export function pathOfFileUrl(text: string): string | undefined {
  if (!/^\s*file:/i.test(text) || !URL.canParse(text)) return undefined;
  const { pathname } = new URL(text);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** What of a word that is an option, or made of several parts, may be a path. */
function candidates(word: string): readonly string[] {
  const file = pathOfFileUrl(word);
  if (file !== undefined) return [file];
  // An address on the network; what stands in it is no path of this machine.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return [];
  const glued = /^-[A-Za-z](.+)$/s.exec(word)?.[1];
  const parts = /[=:,@]/.test(word) ? word.split(/[=:,@]/) : [];
  return [...(word.startsWith('-') ? [] : [word]), ...(glued === undefined ? [] : [glued]), ...parts].filter(
    (part) => !part.startsWith('-'),
  );
}
