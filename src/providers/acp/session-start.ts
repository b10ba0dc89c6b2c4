import type { Bridge } from '../../bridge/bridge-server.ts';
import { withClientToolServer } from '../../bridge/helper-program.ts';
import type { EventData } from '../../domain/event-data.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { McpServer, RunRequest } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';
import { withHook } from './claude-hook.ts';
import type { AgentConnection } from './connection.ts';
import { fieldAt, textField } from '../../domain/json-field.ts';
import type { CheckedNative } from './options.ts';
import { sessionParameters } from './session-request.ts';
import { initialize, openSession, type OpenSession } from './session.ts';

/** What is known once a conversation is open, for `agent_started`. */
export type StartedSession = Omit<EventData['agent_started'], 'process'> & { readonly handle: string };

export interface SessionStart {
  readonly native: CheckedNative;
  /** The agent's own mode to work in. */
  readonly wantedMode: string | undefined;
  /** The bridge of the run, where it needs one. */
  readonly bridge: Bridge | undefined;
  /** True when the agent's hook is to ask over the bridge, too. */
  readonly hooked: boolean;
}

/** Makes acquaintance with a running agent and opens the conversation of a run. The model isn't asked yet. */
export async function startSession(
  agent: AcpAgent,
  connection: AgentConnection,
  request: RunRequest,
  { native, wantedMode, bridge, hooked }: SessionStart,
): Promise<StartedSession> {
  const mcpServers = serversOf(request, bridge);
  const asked = initialize(agent, connection);
  const known = opensAtOnce(agent, request) ? null : await asked;
  const open = async (): Promise<OpenSession> => {
    const parameters = sessionParameters(agent, request, { native, mcpServers, initialized: known });
    return await openSession(agent, connection, request, {
      parameters: hooked && bridge !== undefined ? await hookedParameters(parameters, bridge) : parameters,
      initialized: known,
      wantedMode,
    });
  };
  const [initialized, session] = await Promise.all([asked, open()]);
  const model = request.model ?? agent.model;
  return {
    ...versionOf(initialized),
    ...(model === undefined ? {} : { model }),
    handle: session.id,
    continuity: request.resume === undefined ? 'fresh' : 'native',
    ...(session.mode === undefined ? {} : { nativePermissionMode: session.mode }),
    projectTrusted: request.trustProject || agent.preset?.isolatesProject !== true,
  };
}

/** True where nothing that is sent to open the conversation depends on what the agent says of itself. */
function opensAtOnce({ preset }: AcpAgent, { resume, systemPrompt }: RunRequest): boolean {
  return preset?.opensAtOnce === true && resume === undefined && systemPrompt === undefined;
}

/** The servers of the run, and ours with the client tools. */
function serversOf(request: RunRequest, bridge: Bridge | undefined): { readonly [name: string]: McpServer } {
  const servers = request.mcpServers ?? {};
  const offersTools = (request.clientTools ?? []).length > 0;
  return bridge === undefined || !offersTools ? servers : withClientToolServer(servers, bridge);
}

async function hookedParameters(parameters: JsonObject, bridge: Bridge): Promise<JsonObject> {
  const meta = parameters['_meta'];
  return { ...parameters, _meta: await withHook(isJsonObject(meta) ? meta : {}, bridge) };
}

function versionOf(initialized: JsonValue): { readonly version?: string } {
  const version = textField(fieldAt(initialized, ['agentInfo']), 'version');
  return version === undefined ? {} : { version };
}
