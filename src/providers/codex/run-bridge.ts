import type { BridgeHandlers } from '../../bridge/bridge-server.ts';
import { startClientToolBridge, type ClientToolBridge } from '../../bridge/client-tool-bridge.ts';
import type { RunHost, RunRequest } from '../../ports/provider.ts';

/** The bridge of a run: for client tools of a conversation that goes on, and for questions about resources. */
export interface RunBridge extends ClientToolBridge {
  readonly offersTools: boolean;
}

/** Opens the bridge of a run; `undefined` for one that has no MCP server, and so none of both. */
export async function startRunBridge(
  request: RunRequest,
  host: RunHost,
  authorize: NonNullable<BridgeHandlers['authorize']>,
): Promise<RunBridge | undefined> {
  // A new conversation has its client tools as tools of Codex's own, which can't be given to an old one.
  const clientTools = request.resume === undefined ? [] : (request.clientTools ?? []);
  const offersTools = clientTools.length > 0;
  if (!offersTools && Object.keys(request.mcpServers ?? {}).length === 0) return undefined;
  const bridge = await startClientToolBridge({ clientTools, cookie: request.cookie }, host, authorize);
  return bridge === undefined ? undefined : { ...bridge, offersTools };
}
