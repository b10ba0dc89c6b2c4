import type { Bridge } from '../../bridge/bridge-server.ts';
import { writeAuthorizeScript } from '../../bridge/authorize-script.ts';
import type { JsonObject } from '../../domain/json.ts';
import { withMeta } from './session-meta.ts';

/** Seconds that a question may stay open: longer than any approval. */
const hookTimeout = 25 * 60 * 60;

/**
 * Adds a hook that runs before each tool and refuses with the gate's reason, which the protocol has no
 * field for. The permission request stays what decides: a hook that fails lets the call go on to it.
 */
export async function withReasonHook(meta: JsonObject, bridge: Bridge): Promise<JsonObject> {
  const command = await writeAuthorizeScript(bridge);
  const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command, timeout: hookTimeout }] }] };
  return withMeta(meta, ['claudeCode', 'options', 'settings', 'hooks'], hooks);
}
