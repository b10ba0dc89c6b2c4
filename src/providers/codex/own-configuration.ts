import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lookAt } from '../../process/look-at.ts';
import type { AppServer } from './app-server.ts';
import type { OwnConfiguration } from './configuration-answer.ts';
import { codexHome } from './environment.ts';

/** Milliseconds for which an answer holds: administrators can give Codex settings in other ways than by files. */
const longestKept = 60_000;

/** Configurations whose servers are remembered at most. */
const mostKept = 64;

interface Answer {
  /** What the files of the configuration were when it was asked for. */
  readonly files: string;
  readonly configuration: OwnConfiguration;
  readonly askedAt: number;
  /** What the program was. */
  readonly program: string;
  /** The databases that it had made by then. */
  readonly databases: ReadonlyMap<string, string>;
}

type AskedServer = Pick<AppServer, 'program' | 'ownConfiguration' | 'readConfiguration'>;

/** Knows the configurations that servers have read. */
export interface OwnConfigurations {
  /**
   * What the server has just read; one that hasn't is asked only when the files have changed since another was.
   * Reading them takes Codex as long as a tenth of its start.
   */
  of(server: AskedServer, environment: Readonly<Record<string, string>>): Promise<OwnConfiguration>;
  /** True where the same program has been asked before, and what it made in the folder is still there. */
  isKnown(program: string, environment: Readonly<Record<string, string>>): boolean;
}

export function createOwnConfigurations(): OwnConfigurations {
  const answers = new Map<string, Answer>();
  return {
    isKnown(program, environment) {
      const known = answers.get(codexHome(environment));
      if (known === undefined || known.databases.size === 0 || known.program !== stateOf(program))
        return false;
      return [...known.databases].every(([file, identity]) => identityOf(file) === identity);
    },
    async of(server, environment) {
      if (server.ownConfiguration !== undefined) return server.ownConfiguration;
      const home = codexHome(environment);
      const files = stateOfFiles(home);
      const known = answers.get(home);
      const askedAt = performance.now();
      if (known?.files === files && askedAt - known.askedAt < longestKept) return known.configuration;
      const configuration = await server.readConfiguration();
      answers.delete(home);
      const program = stateOf(server.program);
      answers.set(home, { files, configuration, askedAt, program, databases: databasesIn(home) });
      const [oldest] = answers.keys();
      if (answers.size > mostKept && oldest !== undefined) answers.delete(oldest);
      return configuration;
    },
  };
}

/** Of whatever version: each makes its own as it starts, which several can't do at once. */
function databasesIn(home: string): ReadonlyMap<string, string> {
  const files = namesIn(home).flatMap((name) => (name.endsWith('.sqlite') ? [join(home, name)] : []));
  return new Map(files.map((file) => [file, identityOf(file)]));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Which file it is, whatever is written into it; another one may get the number of one that was removed. */
function identityOf(file: string): string {
  const found = lookAt(file);
  return found === undefined ? '' : `${found.ino} ${found.birthtimeMs}`;
}

function stateOfFiles(home: string): string {
  const files = [join(home, 'config.toml'), '/etc/codex/config.toml', '/etc/codex/managed_config.toml'];
  return files.map(stateOf).join();
}

/** Looked at without a thread in between, which alone would take longer. */
function stateOf(file: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(file, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    // Codex can't read it either.
    return '';
  }
}
