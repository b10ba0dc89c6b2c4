import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { fieldOf, textField } from '../../src/domain/json-field.ts';
import type { ManagedPlace } from './managed-run.ts';

/** How our provider opens a session, so that both agents have the same to do. */
const claudeCode = {
  options: {
    settingSources: [],
    promptSuggestions: false,
    allowDangerouslySkipPermissions: false,
    settings: { permissions: { ask: ['*'] } },
  },
};

/** One whole run of claude-agent-acp with the least client that allows everything. */
export async function runBareAcp(script: string, prompt: string, place: ManagedPlace): Promise<void> {
  const child = spawn(process.execPath, [script], {
    cwd: place.cwd,
    env: { ...place.environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  const say = (message: JsonObject): void =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  say({ id: 1, method: 'initialize', params: { protocolVersion: 1, clientCapabilities: {} } });
  let sessionId = '';
  let stopReason: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const message: unknown = JSON.parse(line);
    if (!isJsonObject(message)) continue;
    const { id, method } = message;
    const result = fieldOf(message, 'result');
    if (method === 'session/request_permission' && id !== undefined) {
      say({ id, result: { outcome: { outcome: 'selected', optionId: allowing(message) } } });
    } else if (method === undefined && id === 1) {
      say({
        id: 2,
        method: 'session/new',
        params: { cwd: place.cwd, mcpServers: [], _meta: { claudeCode } },
      });
    } else if (method === undefined && id === 2) {
      sessionId = textField(result, 'sessionId') ?? '';
      say({ id: 3, method: 'session/set_mode', params: { sessionId, modeId: 'default' } });
    } else if (method === undefined && id === 3) {
      say({
        id: 4,
        method: 'session/prompt',
        params: { sessionId, prompt: [{ type: 'text', text: prompt }] },
      });
    } else if (method === undefined && id === 4) {
      stopReason = textField(result, 'stopReason');
      child.stdin.end();
    }
  }
  await exit;
  if (stopReason !== 'end_turn') throw new Error(`The bare run ended as ${stopReason}.`);
}

/** The option of a permission request that allows once. */
function allowing(request: JsonObject): string {
  const options = fieldOf(fieldOf(request, 'params'), 'options');
  for (const option of Array.isArray(options) ? options : []) {
    if (isJsonObject(option) && option['kind'] === 'allow_once') return textField(option, 'optionId') ?? '';
  }
  return '';
}
