import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { AppServer } from './app-server.ts';
import { codexHome } from './environment.ts';

/** Milliseconds for which an answer holds: administrators can give Codex settings in other ways than by files. */
const longestKept = 60_000;

/** Configurations whose servers are remembered at most. */
const mostKept = 64;

/** What of Codex' own configuration must be known. Its servers and hooks are not used. */
export interface OwnConfiguration {
  /** Names of its MCP servers. */
  readonly servers: readonly string[];
  /** Keys of the hooks that the person has let Codex run. */
  readonly hooks: readonly string[];
  /** Variables in which its model providers have their keys (`env_key`). */
  readonly keyVariables: readonly string[];
}

interface Answer {
  /** What the files of the configuration were when it was asked for. */
  readonly files: string;
  readonly configuration: OwnConfiguration;
  readonly askedAt: number;
}

/** Knows the configurations that servers have read. */
export interface OwnConfigurations {
  /**
   * What the server has just read; one that hasn't is asked only when the files have changed since another was.
   * Reading them takes Codex as long as a tenth of its start.
   */
  of(server: AppServer, environment: Readonly<Record<string, string>>): Promise<OwnConfiguration>;
}

export function createOwnConfigurations(): OwnConfigurations {
  const answers = new Map<string, Answer>();
  return {
    async of(server, environment) {
      if (server.ownConfiguration !== undefined) return server.ownConfiguration;
      const home = codexHome(environment);
      const files = stateOfFiles(home);
      const known = answers.get(home);
      const askedAt = performance.now();
      if (known?.files === files && askedAt - known.askedAt < longestKept) return known.configuration;
      const configuration = await server.readConfiguration();
      answers.delete(home);
      answers.set(home, { files, configuration, askedAt });
      const [oldest] = answers.keys();
      if (answers.size > mostKept && oldest !== undefined) answers.delete(oldest);
      return configuration;
    },
  };
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
