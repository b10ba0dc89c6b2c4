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
   * read the path differently. Default: what the text of the path says.
   */
  readonly realPaths?: (path: string, cwd: string) => readonly string[];
}

/** A path, and where it leads. */
interface Place {
  readonly said: string;
  readonly real: readonly string[];
}

/** The folders of rules, which are looked up once for all calls that are made in one working folder. */
export type RuleFolders = Map<string, Place>;

const mostStrings = 1_000;

/** What rules look at in one call; each is found out when it is first asked for. */
export class CallFacts {
  readonly call: ToolCall;
  readonly #context: CallContext;
  readonly #folders: RuleFolders;
  #parsed: ParsedShellCommand | undefined;
  #programs: ReadonlySet<string> | undefined;
  #paths: (NamedPaths & { readonly places: readonly Place[] }) | undefined;
  #hosts: NamedHosts | undefined;

  /** `folders` remembers those of the rules from one call to the next. */
  constructor(call: ToolCall, context: CallContext, folders: RuleFolders = new Map()) {
    this.call = call;
    this.#context = context;
    this.#folders = folders;
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
    const root = this.#root(folder);
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
    const root = this.#root(folder);
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
    const root = this.#root(folder);
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

  #root(folder: string): Place {
    const key = `${this.#context.cwd}\n${folder}`;
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const place = this.#place(folder);
    this.#folders.set(key, place);
    return place;
  }

  #place(path: string): Place {
    const { cwd, realPaths } = this.#context;
    const said = resolvePath(path, cwd);
    // Only what goes up may mean another place to the system than its text says.
    return { said, real: realPaths?.(path.includes('..') ? path : said, cwd) ?? [said] };
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
    const own = ['cwd', 'workdir'].flatMap((name) => textField(call.input, name) ?? []);
    const folders = [cwd, ...own.map((folder) => resolvePath(folder, cwd))];
    const named = commandPaths(parsed, folders);
    return own.length === 0 ? named : { ...named, paths: [...named.paths, ...folders] };
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
