import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { McpServer } from '../../ports/provider.ts';
import { settingsFile } from './environment.ts';
import { fieldOf } from '../../domain/json-field.ts';
import type { CheckedNative } from './options.ts';

/** Settings of the person that say how Amp's server is reached and where the sign-in is kept. */
const connectionSettings = [
  'amp.url',
  'amp.proxy',
  'amp.network.timeout',
  'amp.experimental.cli.nativeSecretsStorage.enabled',
] as const;

/** The person's own settings; nothing where there are none that can be read. */
export async function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<JsonObject> {
  try {
    const value: unknown = JSON.parse(await readFile(settingsFile(environment), 'utf8'));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

export interface SettingsParts {
  /** Path of the program that Amp asks before each tool call. */
  readonly helper: string;
  readonly mcpServers: { readonly [name: string]: McpServer };
  readonly native: CheckedNative;
  readonly ownSettings: JsonObject;
  /** Tools that Amp refuses without asking us. */
  readonly refusedTools: readonly string[];
}

/** The settings of one run: every tool call is asked about, and MCP servers stay off the command line. */
export function runSettings(parts: SettingsParts): JsonObject {
  const connection = connectionSettings.flatMap((name): [string, JsonValue][] => {
    const value = fieldOf(parts.ownSettings, name);
    return value === undefined ? [] : [[name, value]];
  });
  const servers = Object.entries(parts.mcpServers).map(([name, server]): [string, JsonObject] => [
    name,
    nativeServer(server),
  ]);
  return {
    ...Object.fromEntries(connection),
    'amp.permissions': [
      ...parts.refusedTools.map((tool) => ({ tool, action: 'reject' })),
      { tool: '*', action: 'delegate', to: parts.helper },
    ],
    'amp.dangerouslyAllowAll': false,
    'amp.mcpServers': Object.fromEntries(servers),
    'amp.updates.mode': 'disabled',
    'amp.notifications.enabled': false,
    ...(parts.native.enabledTools === undefined ? {} : { 'amp.tools.enable': parts.native.enabledTools }),
  };
}

/** Writes the settings where only we may read them; gives the path. The folder goes with the run. */
export async function writeSettings(folder: string, settings: JsonObject): Promise<string> {
  const file = join(folder, 'settings.json');
  await writeFile(file, JSON.stringify(settings), { mode: 0o600, flag: 'wx' });
  return file;
}

function nativeServer(server: McpServer): JsonObject {
  if (server.type !== 'stdio') {
    return {
      url: server.url,
      ...(server.headers === undefined ? {} : { headers: server.headers }),
      ...(server.type === 'sse' ? { transport: 'sse' } : {}),
    };
  }
  return {
    command: server.command,
    ...(server.arguments === undefined ? {} : { args: server.arguments }),
    ...(server.environment === undefined ? {} : { env: server.environment }),
  };
}
