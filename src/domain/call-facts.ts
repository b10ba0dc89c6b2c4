import { commandPaths, pathOfFileUrl, type NamedPaths } from './command-paths.ts';
import type { JsonValue } from './json.ts';
import { textField } from './json-field.ts';
import { commandHosts, hostOfUrl, type NamedHosts } from './network-host.ts';
import { isWithin, resolvePath } from './path-containment.ts';
import { parseShellCommand, type ParsedShellCommand } from './shell-command.ts';
import type { ToolCall } from './tool.ts';

/** Where a call is made. */
export interface CallContext {
  /** The absolute working folder. */
  readonly cwd: string;
  /**
   * Where a path really leads: absolute, links followed as far as there are files; several where programs
   * read the path differently. Asked for paths that are absolute and tidy, or have a `..` in them. Default: what the
   * text of the path says.
   */
  readonly realPaths?: (path: string, cwd: string) => readonly string[];
}

/** A path, and where it leads. */
interface Place {
  readonly said: string;
  readonly real: readonly string[];
}

const mostStrings = 1_000;

/** What rules look at in one call; each is found out when it is first asked for. */
export class CallFacts {
  readonly call: ToolCall;
  readonly #context: CallContext;
  #parsed: ParsedShellCommand | undefined;
  #programs: ReadonlySet<string> | undefined;
  #paths: (NamedPaths & { readonly places: readonly Place[] }) | undefined;
  #hosts: NamedHosts | undefined;

  constructor(call: ToolCall, context: CallContext) {
    this.call = call;
    this.#context = context;
  }

  /** The shell command, parsed; `undefined` for calls that run none. */
  get parsed(): ParsedShellCommand | undefined {
    if (this.call.command === undefined) return undefined;
    this.#parsed ??= parseShellCommand(this.call.command);
    return this.#parsed;
  }

  /** The names of the programs that the command runs, as far as they are known, in lower case. */
  get programs(): ReadonlySet<string> {
    this.#programs ??= new Set(this.parsed?.commands.map(({ program }) => program.toLowerCase()));
    return this.#programs;
  }

  /** Why a path of the call is in the folder, or could be; `undefined` when none is. */
  inside(folder: string): string | undefined {
    const root = this.#place(folder);
    // A command and a search also reach what is below the folders that they name.
    const reachesBelow = this.call.kind === 'execute' || this.call.kind === 'search';
    const { places, unknown } = this.#named();
    const hit = places.find(
      ({ said, real }) =>
        isWithin(root.said, said) ||
        root.real.some((one) =>
          real.some((path) => isWithin(one, path) || (reachesBelow && isWithin(path, one))),
        ),
    );
    if (hit !== undefined) return `it names ${hit.said}`;
    return unknown === undefined ? undefined : `it can't be known which paths it uses, because ${unknown}`;
  }

  /** Why a path of the call is not in the folder, or could be out of it; `undefined` when all are in it. */
  outside(folder: string): string | undefined {
    const root = this.#place(folder);
    const { places, unknown } = this.#named();
    const hit = places.find(({ real }) => !isIn(root, real));
    if (hit !== undefined) {
      const [to = hit.said] = hit.real.filter((path) => path !== hit.said);
      return `it names ${hit.said}${to === hit.said ? '' : `, which leads to ${to}`}`;
    }
    return unknown === undefined ? undefined : `it can't be known which paths it uses, because ${unknown}`;
  }

  /** True when the call's own path fields are known and all of them are in the folder. */
  isSurelyInside(folder: string): boolean {
    const paths = this.call.paths ?? [];
    const root = this.#place(folder);
    return paths.length > 0 && paths.every((path) => isIn(root, this.#place(path).real));
  }

  /** The hosts that the call names. */
  get hosts(): NamedHosts {
    this.#hosts ??= this.parsed === undefined ? { hosts: this.#addresses() } : commandHosts(this.parsed);
    return this.#hosts;
  }

  #named(): NamedPaths & { readonly places: readonly Place[] } {
    if (this.#paths === undefined) {
      const named = this.#namedPaths();
      this.#paths = { ...named, places: named.paths.map((path) => this.#place(path)) };
    }
    return this.#paths;
  }

  #place(path: string): Place {
    const { cwd, realPaths } = this.#context;
    const said = resolvePath(path, cwd);
    // Only what goes up may mean another place to the system than its text says.
    const asked = said !== path && path.includes('..') ? path : said;
    return { said, real: realPaths?.(asked, cwd) ?? [said] };
  }

  #namedPaths(): NamedPaths {
    const { call } = this;
    const { cwd } = this.#context;
    if (call.kind === 'execute') return this.#commandPaths();
    const paths = call.paths ?? [];
    switch (call.kind) {
      case 'read':
        return paths.length > 0 ? { paths } : { paths, unknown: `${call.name} does not say which` };
      case 'edit': {
        const all = paths.length > 0 ? paths : patchedPaths(call.input);
        return all.length > 0 ? { paths: all } : { paths: all, unknown: `${call.name} does not say which` };
      }
      case 'search': {
        const patterns = call.tool === 'glob' ? texts(call.input).map(beforePattern) : [];
        const given = paths.length > 0 ? paths : [cwd];
        return { paths: [...given, ...patterns.filter((pattern) => /^(?:\/|~|.*\.\.)/s.test(pattern))] };
      }
      case 'fetch':
        return { paths: texts(call.input).flatMap((text) => pathOfFileUrl(text) ?? []) };
      case 'client':
      case 'other':
        // Nobody knows which of its texts are paths.
        return { paths: [...paths, ...texts(call.input).filter(mayBePath)] };
      default:
        return { paths };
    }
  }

  #commandPaths(): NamedPaths {
    const { call, parsed } = this;
    if (parsed === undefined) return { paths: [], unknown: `${call.name} does not say what it runs` };
    const { cwd } = this.#context;
    const own = [textField(call.input, 'cwd'), textField(call.input, 'workdir')];
    const folders = [cwd, ...own.flatMap((folder) => (folder === undefined ? [] : resolvePath(folder, cwd)))];
    const named = commandPaths(parsed, folders);
    return folders.length === 1 ? named : { ...named, paths: [...named.paths, ...folders] };
  }

  #addresses(): readonly string[] {
    return texts(this.call.input).flatMap((text) => hostOfUrl(text.trim()) ?? []);
  }
}

function isIn(root: Place, path: readonly string[]): boolean {
  return path.every((one) => root.real.some((folder) => isWithin(folder, one)));
}

/** All texts of an input. */
function texts(input: JsonValue): readonly string[] {
  const found: string[] = [];
  const walk = (value: JsonValue): void => {
    if (found.length >= mostStrings) return;
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null)
      for (const inner of Object.values(value)) walk(inner);
  };
  walk(input);
  return found;
}

/** The files that a patch in the usual form names. */
function patchedPaths(input: JsonValue): readonly string[] {
  return texts(input).flatMap((text) =>
    [...text.matchAll(/^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$/gm)].flatMap(
      ([, path]) => path ?? [],
    ),
  );
}

function beforePattern(text: string): string {
  return /^[^*?[{]*/.exec(text)?.[0] ?? text;
}

function mayBePath(text: string): boolean {
  return text !== '' && text.length <= 4_096 && !/[\n\r\0]|:\/\//.test(text);
}
