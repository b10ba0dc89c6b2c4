import type { RunHost, RunRequest } from '../ports/provider.ts';
import { createAllowedCalls, notAllowed, type AllowedCalls } from './allowed-calls.ts';
import { startBridge, type Bridge, type BridgeHandlers } from './bridge-server.ts';

/** A bridge for the client tools of one run. Each call must have been allowed, and is made once. */
export interface ClientToolBridge extends Bridge {
  /** To be told of each call of a client tool that the gate allowed, by the tool's own name: see `AllowedCalls`. */
  readonly allow: AllowedCalls['allow'];
}

/**
 * Opens the bridge of a run; `undefined` for a run without client tools, unless it has tool calls decided over the
 * bridge, too.
 */
export async function startClientToolBridge(
  request: Pick<RunRequest, 'clientTools' | 'cookie'>,
  host: Pick<RunHost, 'callTool'>,
  authorize?: BridgeHandlers['authorize'],
): Promise<ClientToolBridge | undefined> {
  const { clientTools: tools = [], cookie } = request;
  if (tools.length === 0 && authorize === undefined) return undefined;
  const allowed = createAllowedCalls();
  const bridge = await startBridge(
    {
      ...(authorize === undefined ? {} : { authorize }),
      tools,
      async callTool(name, input, options) {
        const given = allowed.spend(name, input);
        return given === undefined ? notAllowed(name) : await host.callTool(name, given, options);
      },
    },
    { cookie },
  );
  return { ...bridge, allow: (...call) => allowed.allow(...call) };
}
