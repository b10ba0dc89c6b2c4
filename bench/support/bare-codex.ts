import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { codexEnvironment as agentVariables } from '../../src/providers/codex/environment.ts';
import { requireCodex } from '../../src/providers/codex/program.ts';
import { createRunRequest } from '../../src/testing/index.ts';

/** Where an agent works and how it reaches its model. */
export interface CodexPlace {
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly turn?: { readonly status?: string } };
  readonly result?: { readonly thread?: { readonly id: string } };
  readonly error?: { readonly message: string };
}

/** Runs one turn of Codex with as little around it as its app server needs, until the program has ended. */
export async function runBareCodex(prompt: string, { cwd, environment }: CodexPlace): Promise<void> {
  const variables = agentVariables(createRunRequest({ cwd, environment: { set: environment } }));
  const path = variables['PATH'] ?? '';
  const program = await requireCodex({ executable: undefined, path, cwd });
  const flags = ['features.plugins=false', 'features.apps=false', 'check_for_update_on_startup=false'];
  const child = spawn(program, ['app-server', ...flags.flatMap((flag) => ['-c', flag])], {
    cwd,
    env: variables,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  const settings = { cwd, approvalPolicy: 'untrusted', sandbox: 'workspace-write' };
  const clientInfo = { name: 'bare', title: 'Bare', version: '1' };
  send({ id: 1, method: 'initialize', params: { clientInfo, capabilities: { experimentalApi: true } } });
  let status: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    // Boundary: the program's own protocol.
    const message = JSON.parse(line) as Message;
    if (message.error !== undefined) throw new Error(message.error.message);
    if (message.id === 1 && message.method === undefined) {
      send({ method: 'initialized' });
      send({ id: 2, method: 'thread/start', params: settings });
    } else if (message.id === 2 && message.method === undefined) {
      const input = [{ type: 'text', text: prompt, text_elements: [] }];
      send({ id: 3, method: 'turn/start', params: { threadId: message.result?.thread?.id, input } });
    } else if (message.id !== undefined && message.method !== undefined) {
      send({ id: message.id, result: { decision: 'accept' } });
    } else if (message.method === 'turn/completed') {
      status = message.params?.turn?.status;
      child.stdin.end();
    }
  }
  await ended;
  if (status !== 'completed') throw new Error(`The bare run ended as ${status}.`);
}
