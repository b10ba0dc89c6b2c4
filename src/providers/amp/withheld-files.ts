import { access, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject } from '../../domain/json.ts';

/** Settings of a project, which win over ours, also those that say who is asked about tool calls. */
const settingsNames = ['.amp/settings.json', '.amp/settings.jsonc', '.amp/plugins'] as const;

/** Skills of a project. They may bring MCP servers and tools, which Amp starts before anybody is asked. */
const skillNames = ['.agents/skills', '.claude/skills'] as const;

/** A quick look: no other path is withheld. */
const suspicious = /[/\\]\.(?:amp|agents|claude)(?:[/\\]|$)/;

/**
 * The files and folders by which a project could configure Amp: in the working folder and everywhere above
 * it, since Amp looks there, too. The skills in the home folder are the person's own, unless it is the
 * working folder.
 */
export function withheldPaths(cwd: string, home: string): readonly string[] {
  const folders = [resolve(cwd)];
  for (let above = dirname(resolve(cwd)); above !== folders.at(-1); above = dirname(above))
    folders.push(above);
  return folders.flatMap((folder, index) => {
    const isPersonal = index > 0 && folder === resolve(home);
    const names = isPersonal ? settingsNames : [...settingsNames, ...skillNames];
    return names.map((name) => join(folder, name));
  });
}

/** Makes the test whether something that a file function was given is, or lies in, one of the paths. */
export function createWithholding(paths: readonly string[]): (path: unknown) => boolean {
  const withheld = new Set(paths);
  return (given) => {
    const path = pathText(given);
    if (path === undefined || !suspicious.test(path)) return false;
    for (let part = resolve(path); ; part = dirname(part)) {
      if (withheld.has(part)) return true;
      if (dirname(part) === part) return false;
    }
  };
}

/** Those of the paths that exist, for programs that they can't be withheld from. */
export async function existingPaths(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/** The settings that an administrator makes for everybody on this machine; they win over ours. */
export const managedSettingsFile =
  process.platform === 'darwin'
    ? '/Library/Application Support/ampcode/managed-settings.json'
    : '/etc/ampcode/managed-settings.json';

/** True when the administrator's settings say who is asked about tool calls, so that we would not be. */
export async function managesPermissions(file: string = managedSettingsFile): Promise<boolean> {
  try {
    const settings: unknown = JSON.parse(await readFile(file, 'utf8'));
    const names = isJsonObject(settings) ? Object.keys(settings) : [];
    return names.some((name) => /^(?:amp\.)?(?:permissions|dangerouslyAllowAll)$/.test(name));
  } catch {
    return false;
  }
}

function pathText(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (given instanceof Uint8Array) return Buffer.from(given).toString();
  try {
    return given instanceof URL ? fileURLToPath(given) : undefined;
  } catch {
    return undefined;
  }
}
