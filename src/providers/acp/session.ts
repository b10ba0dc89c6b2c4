import { AsmError } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { RunRequest } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';
import type { AgentConnection } from './connection.ts';
import { protocolError, resumeError } from './errors.ts';
import { fieldAt, listField, numberField, textField } from '../../domain/json-field.ts';
import { unsupported } from './session-request.ts';

/** The version of the protocol that we speak. */
const protocolVersion = 1;

/** A conversation that is open. */
export interface OpenSession {
  readonly id: string;
  /** The agent's own mode that it is in now, as far as it is known. */
  readonly mode: string | undefined;
}

/** Says what we are and hears what the agent is. We offer it neither files nor terminals. */
export async function initialize(agent: AcpAgent, connection: AgentConnection): Promise<JsonValue> {
  const answer = await connection.request('initialize', {
    protocolVersion,
    clientCapabilities: {
      fs: { readTextFile: false, writeTextFile: false },
      terminal: false,
      session: { notices: {}, compaction: {} },
    },
    clientInfo: { name: 'agent-session-manager', version: '1' },
  });
  const version = numberField(answer, 'protocolVersion');
  if (version === protocolVersion) return answer;
  throw protocolError(
    agent.name,
    `speaks version ${String(version)} of the protocol, not ${protocolVersion}`,
  );
}

/** Opens the conversation that a run needs: a new one, an earlier one, or one that branches off. */
export async function openSession(
  agent: AcpAgent,
  connection: AgentConnection,
  request: RunRequest,
  opening: {
    readonly parameters: JsonObject;
    readonly initialized: JsonValue;
    readonly wantedMode: string | undefined;
  },
): Promise<OpenSession> {
  const { parameters, initialized, wantedMode } = opening;
  const opened = await openConversation(agent, connection, request, parameters, initialized);
  const mode = await setMode(agent, connection, opened, wantedMode);
  if (agent.preset?.modelVariable === undefined)
    await setModel(agent, connection, opened, request.model ?? agent.model);
  return { id: opened.id, mode };
}

interface Opened {
  readonly id: string;
  readonly answer: JsonValue;
}

async function openConversation(
  agent: AcpAgent,
  connection: AgentConnection,
  { resume }: RunRequest,
  parameters: JsonObject,
  initialized: JsonValue,
): Promise<Opened> {
  if (resume === undefined) {
    const answer = await connection.request('session/new', parameters);
    return { id: sessionId(agent, answer), answer };
  }
  const method = resumeMethod(resume.fork, initialized);
  if (method === undefined) throw resumeError(agent.name, resume.handle.id, undefined);
  try {
    const answer = await connection.request(method, { ...parameters, sessionId: resume.handle.id });
    return { id: resume.fork ? sessionId(agent, answer) : resume.handle.id, answer };
  } catch (thrown) {
    throw resumeError(agent.name, resume.handle.id, thrown);
  }
}

/** Resuming is better than loading, which says the whole conversation again. */
function resumeMethod(fork: boolean, initialized: JsonValue): string | undefined {
  const can = (path: readonly string[]): boolean => {
    const found = fieldAt(initialized, ['agentCapabilities', ...path]);
    return found !== undefined && found !== null && found !== false;
  };
  if (fork) return can(['sessionCapabilities', 'fork']) ? 'session/fork' : undefined;
  if (can(['sessionCapabilities', 'resume'])) return 'session/resume';
  return can(['loadSession']) ? 'session/load' : undefined;
}

function sessionId(agent: AcpAgent, answer: JsonValue): string {
  const id = textField(answer, 'sessionId');
  if (id !== undefined && id !== '') return id;
  throw protocolError(agent.name, 'opened a conversation without an id');
}

async function setMode(
  agent: AcpAgent,
  connection: AgentConnection,
  { id, answer }: Opened,
  wanted: string | undefined,
): Promise<string | undefined> {
  const current = textField(fieldAt(answer, ['modes']), 'currentModeId');
  if (wanted === undefined) return current;
  if (agent.preset?.modes?.by === 'session/set_config_option') {
    await setOption(agent, connection, { id, answer }, 'mode', wanted);
    return wanted;
  }
  const known = listField(fieldAt(answer, ['modes']), 'availableModes').map((mode) => textField(mode, 'id'));
  if (!known.includes(wanted)) {
    throw new AsmError(
      'capability_not_supported',
      `The agent ${agent.name} has no mode ${JSON.stringify(wanted)}; it has: ${known.join(', ') || 'none'}.`,
      { details: { provider: agent.name, mode: wanted } },
    );
  }
  // Saying again what it says itself would keep it from its prompt: 26 ms with claude-agent-acp.
  if (wanted !== current) await connection.request('session/set_mode', { sessionId: id, modeId: wanted });
  return wanted;
}

async function setModel(
  agent: AcpAgent,
  connection: AgentConnection,
  opened: Opened,
  model: string | undefined,
): Promise<void> {
  if (model === undefined) return;
  try {
    await setOption(agent, connection, opened, 'model', model);
  } catch (thrown) {
    if (thrown instanceof AsmError) throw thrown;
    throw new AsmError(
      'model_not_found',
      `The agent ${agent.name} does not take the model ${JSON.stringify(model)}.`,
      { cause: thrown, provider: { provider: agent.name, kind: 'set_config_option' } },
    );
  }
}

/** Sets the configuration option of a category, whatever the agent calls it. */
async function setOption(
  agent: AcpAgent,
  connection: AgentConnection,
  { id, answer }: Opened,
  category: 'mode' | 'model',
  value: string,
): Promise<void> {
  const option = listField(answer, 'configOptions').find(
    (one) => textField(one, 'category') === category || textField(one, 'id') === category,
  );
  const configId = textField(option, 'id');
  if (configId === undefined) throw unsupported(agent, category);
  await connection.request('session/set_config_option', { sessionId: id, configId, value });
}
