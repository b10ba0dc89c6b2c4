import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { client, ndJsonStream, type NewSessionRequest } from '@agentclientprotocol/sdk';
import { chooseAgent } from '../../src/providers/acp/agent.ts';
import { acpEnvironment } from '../../src/providers/acp/environment.ts';
import { requireAgent } from '../../src/providers/acp/program.ts';
import { acpPresets } from '../../src/providers/acp/presets.ts';
import { keepCompiled } from '../../src/process/node-compile-cache.ts';
import { createRunRequest } from '../../src/testing/index.ts';
import type { AgentPlace } from './run-overhead.ts';

/** One whole run of claude-agent-acp with the least client that allows everything. */
export async function runBareAcp(
  prompt: string,
  { cwd, environment }: AgentPlace,
  asOurs: boolean,
): Promise<void> {
  const agent = chooseAgent({ preset: 'claude-agent-acp' });
  // What our provider passes on besides, so that both programs have the same to do.
  const variables = acpEnvironment(agent, createRunRequest({ cwd, environment: { set: environment } }));
  const program = await requireAgent(agent, { path: variables['PATH'] ?? '', cwd });
  const plain = { ...program, environment: variables };
  const start = asOurs ? keepCompiled(plain) : plain;
  const child = spawn(start.command, start.arguments, {
    cwd,
    env: start.environment,
    detached: asOurs,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  const connection = client({ name: 'bare' })
    .onRequest('session/request_permission', ({ params: { options } }) => {
      const optionId = options.find(({ kind }) => kind === 'allow_once')?.optionId ?? '';
      return { outcome: { outcome: 'selected', optionId } };
    })
    .onNotification('session/update', () => undefined)
    .connect(ndJsonStream(Writable.toWeb(child.stdin), ReadableStream.from<Uint8Array>(child.stdout)));
  await connection.agent.request('initialize', {
    protocolVersion: 1,
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
  });
  const opening: NewSessionRequest = {
    cwd,
    mcpServers: [],
    _meta: { ...acpPresets['claude-agent-acp'].sessionMeta.untrusted },
  };
  const { sessionId } = await connection.agent.request('session/new', opening);
  const { stopReason } = await connection.agent.request('session/prompt', {
    sessionId,
    prompt: [{ type: 'text', text: prompt }],
  });
  child.stdin.end();
  await exit;
  connection.close();
  if (stopReason !== 'end_turn') throw new Error(`The bare run ended with ${stopReason}.`);
}
