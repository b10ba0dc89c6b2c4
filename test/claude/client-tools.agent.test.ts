import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClientToolDescription, ClientToolResult } from '../../src/domain/client-tool.ts';
import { isJsonObject, type JsonValue } from '../../src/domain/json.ts';
import { containing } from '../../src/providers/claude/fixtures/text-matcher.ts';
import { toolResults } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import type { RoomRun } from '../agent/agent-room.ts';
import { openAgentRoom } from './agent-room.ts';

const weather: ClientToolDescription = {
  name: 'weather',
  description: 'Tells the weather of a town.',
  inputSchema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
  readOnly: true,
};
const forecast = { name: 'mcp__client__weather', input: { town: 'Kiruna' } };

function offered(request: ModelRequest | undefined): readonly JsonValue[] {
  const tools: JsonValue = isJsonObject(request?.body) ? (request.body['tools'] ?? []) : [];
  return Array.isArray(tools) ? tools : [];
}

/** The socket that the run's server of client tools was told of. */
async function bridgeSocket(run: RoomRun): Promise<string> {
  const pids = (await processesWithCookie(run.cookie)) ?? [];
  const commands = pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
  const server = commands.find((words) => words.some((word) => word.includes('tool-server')));
  return server?.findLast((word) => word !== '') ?? '';
}

describe('client tools', () => {
  it('are offered from the first turn on, called with changed input too, and end with a cancelled run', async () => {
    await using room = await openAgentRoom([
      { tools: [forecast, { ...forecast, input: { town: 'Rome' } }] },
      { tools: [{ ...forecast, input: { town: 'Nowhere' } }] },
      { text: 'never' },
    ]);
    const towns: (JsonValue | undefined)[] = [];
    const called = Promise.withResolvers<void>();
    const run = room.run({
      request: { clientTools: [weather] },
      authorize: ({ input }) =>
        input['town'] === 'Rome'
          ? { decision: 'allow', changedInput: { town: 'Oslo' } }
          : { decision: 'allow' },
      callTool: (_name, input) => {
        towns.push(input['town']);
        if (input['town'] !== 'Nowhere')
          return { text: `Fine in ${JSON.stringify(input['town'])}.`, failed: false };
        called.resolve();
        return new Promise<ClientToolResult>(() => undefined);
      },
    });
    await called.promise;
    expect(offered(room.server.mainRequests[0])).toContainEqual(
      expect.objectContaining({ name: 'mcp__client__weather', description: weather.description }),
    );
    // Two of one answer are each called by its own.
    expect(towns.slice(0, 2).toSorted()).toEqual(['Kiruna', 'Oslo']);
    const last = room.server.mainRequests.at(-1);
    expect(last === undefined ? [] : toolResults(last)).toMatchObject([
      { text: 'Fine in "Kiruna".' },
      { text: containing('Fine in "Oslo".') },
    ]);
    // With the one that is being called ends all that was opened for it.
    const socket = await bridgeSocket(run);
    expect(existsSync(socket)).toBe(true);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await processesWithCookie(run.cookie)).toEqual([]);
    expect(existsSync(dirname(socket))).toBe(false);
    expect(room.server.mainRequests).toHaveLength(2);
  });

  it('that only look are asked about as such in plan mode, where a write that the gate refuses does not happen', async () => {
    await using room = await openAgentRoom([
      { tools: [forecast] },
      { tools: [{ name: 'Write', input: { file_path: 'f', content: 'x' } }] },
      { text: 'end' },
    ]);
    const run = room.run({
      request: { clientTools: [weather], permissionMode: 'plan' },
      authorize: ({ kind }) =>
        kind === 'read' ? { decision: 'allow' } : { decision: 'deny', reason: 'only planning' },
      callTool: () => ({ text: 'Snow.', failed: false }),
    });
    await run.outcome();
    expect(run.host.questions).toMatchObject([
      { call: { tool: 'client:weather', kind: 'read' } },
      { call: { tool: 'write' } },
    ]);
    expect(run.ofType('tool_call_started')[0]).toMatchObject({
      data: { name: 'weather', tool: 'client:weather', kind: 'read', input: forecast.input },
    });
    expect(run.ofType('tool_call_completed')).toMatchObject([{ data: { output: 'Snow.' } }]);
    expect(run.ofType('agent_started')[0]?.data.nativePermissionMode).toBe('plan');
    expect(run.ofType('tool_call_failed')).toMatchObject([{ data: { reason: 'denied' } }]);
    expect(existsSync(join(room.cwd, 'f'))).toBe(false);
  });

  it('are refused beside a server of their name, before anything starts', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const client = { type: 'http', url: 'http://127.0.0.1:9' } as const;
    const run = room.run({ request: { clientTools: [weather], mcpServers: { client } } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'invalid_input' });
    expect(room.server.requests).toHaveLength(0);
  });
});
