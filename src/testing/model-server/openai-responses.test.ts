import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ModelTurn } from './model-turn.ts';
import { startModelServer, type ModelServer } from './model-server.ts';

const tools = [{ type: 'function', name: 'exec_command' }];

function ask(server: ModelServer, body: object = {}): Promise<Response> {
  return fetch(`${server.url}/v1/responses`, {
    method: 'POST',
    headers: { 'thread-id': 'thread-1' },
    body: JSON.stringify({ model: 'gpt-test', stream: true, tools, input: [], ...body }),
  });
}

async function said(response: Response): Promise<readonly JsonObject[]> {
  const text = await response.text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => {
    const value: unknown = JSON.parse(data);
    return isJsonObject(value) ? value : {};
  });
}

function field(event: JsonObject | undefined, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), event);
}

describe('an answer in the form of the Responses API', () => {
  it('streams reasoning, text, and tools of each kind', async () => {
    const turn: ModelTurn = {
      thinking: 'Let me see.',
      searches: ['herons'],
      text: 'I look — 🎈 — at it',
      headers: { 'x-limit': '7' },
      tools: [
        { name: 'exec_command', input: { cmd: 'ls' }, id: 'call_1' },
        { name: 'apply_patch', input: {}, text: '*** Begin Patch' },
        { name: 'mcp__lab__add_all', input: {} },
      ],
      usage: { input: 10, cacheRead: 3, cacheWrite: 2, output: 5, reasoning: 4 },
    };
    await using server = await startModelServer([turn]);
    const response = await ask(server);
    expect(response.headers.get('x-limit')).toBe('7');
    const events = await said(response);
    const deltas = (name: string): string =>
      events
        .filter((event) => event['type'] === name)
        .map((event) => String(event['delta']))
        .join('');
    expect(deltas('response.reasoning_summary_text.delta')).toBe(turn.thinking);
    expect(deltas('response.output_text.delta')).toBe(turn.text);
    const items = events
      .filter((event) => event['type'] === 'response.output_item.done')
      .map((event) => event['item']);
    expect(items).toMatchObject([
      { type: 'reasoning', summary: [{ text: turn.thinking }] },
      { type: 'web_search_call', action: { type: 'search', query: 'herons' } },
      { type: 'message', content: [{ type: 'output_text', text: turn.text }] },
      { type: 'function_call', name: 'exec_command', call_id: 'call_1', arguments: '{"cmd":"ls"}' },
      { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin Patch' },
      { type: 'function_call', namespace: 'mcp__lab', name: 'add_all' },
    ]);
    expect(field(events.at(-1), 'type')).toBe('response.completed');
    expect(field(events.at(-1), 'response', 'usage')).toEqual({
      input_tokens: 15,
      input_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 24,
    });
    expect(server.mainRequests).toMatchObject([{ wire: 'openai_responses', conversation: 'thread-1' }]);
  });

  it('is whole when it is not streamed', async () => {
    await using server = await startModelServer([{ text: 'All at once.' }]);
    const answer: unknown = await (await ask(server, { stream: false })).json();
    expect(answer).toMatchObject({ status: 'completed', output: [{ content: [{ text: 'All at once.' }] }] });
  });

  it('may be incomplete, or fail in its stream', async () => {
    await using server = await startModelServer([
      { text: 'x', stopReason: 'max_tokens' },
      { text: 'x', errorEvent: { type: 'rate_limit_exceeded', message: 'slow down' } },
    ]);
    expect((await said(await ask(server))).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'max_output_tokens' } },
    });
    expect((await said(await ask(server))).at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'rate_limit_exceeded', message: 'slow down' } },
    });
  });

  it('may be an HTTP error', async () => {
    await using server = await startModelServer([{ error: { status: 429 } }]);
    const response = await ask(server);
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
  });

  it('may be cut', async () => {
    await using server = await startModelServer([{ text: 'long', cutAfter: 2 }]);
    await expect(ask(server).then(said)).rejects.toThrow();
    await expect(server.waitForRequest(({ state }) => state === 'cut')).resolves.toBeDefined();
  });

  it('needs a list of input, and takes no turn without tools', async () => {
    await using server = await startModelServer([{ text: 'main' }]);
    expect((await ask(server, { input: 'text' })).status).toBe(400);
    await said(await ask(server, { tools: [] }));
    expect(server.mainRequests).toHaveLength(0);
    expect(server.requests.at(-1)).toMatchObject({ auxiliary: true });
  });
});
