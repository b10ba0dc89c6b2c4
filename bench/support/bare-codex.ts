import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { codexEnvironment } from '../../src/providers/codex/environment.ts';
import { fieldOf, textField } from '../../src/domain/json-field.ts';
import { findCodex } from '../../src/providers/codex/program.ts';
import { serverFlags } from '../../src/providers/codex/server-flags.ts';
import { createRunRequest } from '../../src/testing/index.ts';
import type { AgentPlace } from './run-overhead.ts';

/** One whole run of `codex app-server` with the least client that allows everything. */
export async function runBareCodex(prompt: string, place: AgentPlace, asOurs: boolean): Promise<void> {
  const search = { executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' };
  // What our provider passes on besides, so that both programs have the same to do.
  const request = createRunRequest({ cwd: place.cwd, environment: { set: place.environment } });
  const child = spawn((await findCodex(search)) ?? 'codex', ['app-server', ...serverFlags], {
    cwd: '/',
    env: codexEnvironment(request),
    detached: asOurs,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  const say = (message: JsonObject): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  const clientInfo = { name: 'bare', title: 'Bare', version: '1' };
  const capabilities = { experimentalApi: true, requestAttestation: false };
  say({ id: 1, method: 'initialize', params: { clientInfo, capabilities } });
  let status: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const message: unknown = JSON.parse(line);
    if (!isJsonObject(message)) continue;
    const { id, method } = message;
    const params = fieldOf(message, 'params');
    if (method === undefined && id === 1) {
      say({ method: 'initialized' });
      const projects = { [place.cwd]: { trust_level: 'untrusted' } };
      const settings = { approvalPolicy: 'untrusted', sandbox: 'workspace-write', config: { projects } };
      say({ id: 2, method: 'thread/start', params: { cwd: place.cwd, ...settings } });
    } else if (method === undefined && id === 2) {
      const threadId = textField(fieldOf(fieldOf(message, 'result'), 'thread'), 'id') ?? '';
      const input = [{ type: 'text', text: prompt, text_elements: [] }];
      say({ id: 3, method: 'turn/start', params: { threadId, input } });
    } else if (id !== undefined && method !== undefined) say({ id, result: { decision: 'accept' } });
    else if (method === 'turn/completed') {
      status = textField(fieldOf(params, 'turn'), 'status');
      child.stdin.end();
    }
  }
  await exit;
  if (status !== 'completed') throw new Error(`The bare run ended as ${status}.`);
}
