import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { claudeEnvironment as agentVariables } from '../../src/providers/claude/environment.ts';
import { createInputQueue } from '../../src/providers/claude/input-queue.ts';
import { createOutputValve } from '../../src/providers/claude/output-valve.ts';
import type { PermissionHook } from '../../src/providers/claude/permission-hook.ts';
import { createClaudeProcess } from '../../src/providers/claude/process.ts';
import { requireClaude } from '../../src/providers/claude/program.ts';
import { sdkOptions } from '../../src/providers/claude/sdk-options.ts';
import { loadSdk } from '../../src/providers/claude/sdk.ts';
import { toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { bash, openAgentRoom } from './agent-room.ts';

/** What our own never does: it fails. All that Claude Code asks besides is allowed. */
const failing: PermissionHook = {
  beforeTool: () => Promise.reject(new Error('The hook is broken.')),
  canUseTool: (_name, input) => Promise.resolve({ behavior: 'allow', updatedInput: input }),
  isDenied: () => false,
  openQuestions: 0,
  parked: false,
};

it('a hook that fails blocks the tool, whatever else allows it', async () => {
  await using room = await openAgentRoom([
    { tools: [bash('touch made'), bash('ls')] },
    { text: 'I could not.' },
  ]);
  const request = createRunRequest({
    cwd: room.cwd,
    environment: { set: claudeEnvironment(room.server, { home: room.home }) },
  });
  const environment = agentVariables(request);
  const sdk = await loadSdk();
  const input = createInputQueue();
  await using agent = createClaudeProcess({
    valve: createOutputValve(),
    onForeign: () => undefined,
    onTooLong: () => undefined,
    onOutputClosed: () => undefined,
  });
  const query = sdk.query({
    prompt: input,
    options: sdkOptions({
      request,
      native: {},
      model: undefined,
      program: await requireClaude({ executable: undefined, path: '', cwd: room.cwd }),
      environment,
      appendedPrompt: '',
      conversation: '11111111-2222-4333-8444-555555555555',
      permissions: failing,
      agent,
      bridge: undefined,
    }),
  });
  input.push('Do what the script says.');
  for await (const message of query) if (message.type === 'result') input.close();
  expect(existsSync(join(room.cwd, 'made'))).toBe(false);
  const last = room.server.mainRequests.at(-1);
  const results = last === undefined ? [] : toolResults(last);
  expect(results.map(({ failed }) => failed)).toEqual([true, true]);
});
