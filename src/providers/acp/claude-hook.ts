import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writeAuthorizeScript } from '../../bridge/authorize-script.ts';
import type { Bridge } from '../../bridge/bridge-server.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RunRequest } from '../../ports/provider.ts';
import type { CheckedNative } from './options.ts';
import { withMeta } from './session-meta.ts';

/** Seconds that a question may stay open: longer than any approval. */
const hookTimeout = 25 * 60 * 60;

/** Where an administrator's settings of Claude Code lie, whatever they say. */
const managedSettings = [
  '/etc/claude-code',
  '/Library/Application Support/ClaudeCode',
  '/Library/Managed Preferences',
];

/**
 * True where the settings that make Claude Code ask about every call are not the only ones. Those of a trusted project
 * may answer its permission requests themselves; an administrator's may switch off rules of others; and the caller's
 * may be anything.
 */
export function needsHook(
  { trustProject }: Pick<RunRequest, 'trustProject'>,
  { sessionMeta }: CheckedNative,
  environment: Readonly<Record<string, string>>,
): boolean {
  const { CLAUDE_CONFIG_DIR, HOME = homedir() } = environment;
  // An organisation's settings come over the network, and are kept here.
  const served = join(CLAUDE_CONFIG_DIR ?? join(HOME, '.claude'), 'remote-settings.json');
  return (
    trustProject || sessionMeta !== undefined || [...managedSettings, served].some((path) => existsSync(path))
  );
}

/** Adds a hook that asks before each tool, whatever the settings say. What it lets go on is asked about once more. */
export async function withHook(meta: JsonObject, bridge: Bridge): Promise<JsonObject> {
  const command = await writeAuthorizeScript(bridge);
  const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command, timeout: hookTimeout }] }] };
  return withMeta(meta, ['claudeCode', 'options', 'settings', 'hooks'], hooks);
}
