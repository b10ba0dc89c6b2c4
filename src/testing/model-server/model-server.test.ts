import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createTestClock } from '../deterministic-clock.ts';
import { describe, expect, it } from 'vitest';
import { conversationTexts, lastUserText, toolResults } from './anthropic-reader.ts';
import { startModelServer, type ModelServer } from './model-server.ts';
import { scriptIsOver } from './turn-script.ts';

interface Said {
  readonly name: string;
  readonly data: { readonly [name: string]: unknown };
}

const tools = [{ name: 'Bash', input_schema: { type: 'object' } }];

function ask(server: ModelServer, body: object = {}, init: RequestInit = {}): Promise<Response> {
  const messages = [{ role: 'user', content: 'hello' }];
  return fetch(`${server.url}/v1/messages?beta=true`, {
    method: 'POST',
    ...init,
    body: JSON.stringify({
      model: 'claude-test',
      max_tokens: 32_000,
      stream: true,
      tools,
      messages,
      ...body,
    }),
  });
}

function parseEvents(text: string): Said[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const found = /^event: (\S+)\ndata: (.*)$/.exec(block);
      assert(found, `not an event: ${block}`);
      return { name: found[1] ?? '', data: JSON.parse(found[2] ?? '') };
    });
}

async function events(response: Response): Promise<Said[]> {
  return parseEvents(await response.text());
}

function joined(said: readonly Said[], field: string): string {
  return said
    .filter((event) => event.name === 'content_block_delta')
    .map((event) => {
      const value: unknown = Reflect.get(Object(event.data['delta']), field);
      return typeof value === 'string' ? value : '';
    })
    .join('');
}

describe('an answer', () => {
  it('streams reasoning, text and tools as the events of the Messages API', async () => {
    const turn = {
      thinking: 'Let me see.',
      text: 'I look — 🎈 — at it',
      tools: [{ name: 'Bash', input: { command: 'ls' }, id: 'toolu_1' }],
      usage: { input: 7, output: 9, cacheRead: 3, cacheWrite: 2 },
      chunks: 4,
    };
    await using server = await startModelServer([turn]);
    const response = await ask(server);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const said = await events(response);
    expect(said[0]).toMatchObject({
      name: 'message_start',
      data: {
        message: {
          role: 'assistant',
          model: 'claude-test',
          usage: { input_tokens: 7, cache_read_input_tokens: 3, cache_creation_input_tokens: 2 },
        },
      },
    });
    expect(said[1]?.name).toBe('ping');
    expect(joined(said, 'thinking')).toBe(turn.thinking);
    expect(joined(said, 'text')).toBe(turn.text);
    expect(JSON.parse(joined(said, 'partial_json'))).toEqual({ command: 'ls' });
    expect(said.filter((event) => event.name === 'content_block_start')).toHaveLength(3);
    expect(said.filter((event) => event.name === 'content_block_delta').length).toBeGreaterThan(8);
    expect(said.at(-2)).toMatchObject({
      name: 'message_delta',
      data: { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
    });
    expect(said.at(-1)?.name).toBe('message_stop');
  });

  it('comes whole when no stream is asked for', async () => {
    await using server = await startModelServer([
      { text: 'whole', stopReason: 'max_tokens', usage: { output: 4 } },
    ]);
    const answer: unknown = await (await ask(server, { stream: false })).json();
    expect(answer).toMatchObject({
      content: [{ type: 'text', text: 'whole' }],
      stop_reason: 'max_tokens',
      usage: { input_tokens: 0, output_tokens: 4 },
    });
  });

  it('can be an error with its status, type and headers', async () => {
    await using server = await startModelServer([
      { error: { status: 429, message: 'slow down', headers: { 'retry-after': '1' } } },
    ]);
    const response = await ask(server);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({
      error: { type: 'rate_limit_error', message: 'slow down' },
    });
  });

  it('can end in an error event', async () => {
    await using server = await startModelServer([
      { text: 'so far', errorEvent: { type: 'overloaded_error', message: 'busy' } },
    ]);
    const said = await events(await ask(server));
    expect(joined(said, 'text')).toBe('so far');
    expect(said.at(-1)).toMatchObject({ name: 'error', data: { error: { type: 'overloaded_error' } } });
  });

  it('can be malformed', async () => {
    await using server = await startModelServer([{ malformed: 'event: what\ndata: {not json\n\n' }]);
    const response = await ask(server);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe('event: what\ndata: {not json\n\n');
  });

  it('can be cut after a number of events', async () => {
    await using server = await startModelServer([{ text: 'never all of it', chunks: 8, cutAfter: 4 }]);
    const response = await ask(server);
    let text = '';
    const decoder = new TextDecoder();
    const reading = (async () => {
      assert(response.body);
      for await (const piece of response.body) text += decoder.decode(piece, { stream: true });
    })();
    await expect(reading).rejects.toThrow();
    expect(parseEvents(text)).toHaveLength(4);
    expect(server.requests[0]?.state).toBe('cut');
  });

  it('can hang until the client goes', async () => {
    await using server = await startModelServer([{ text: 'then nothing', hang: true }]);
    const leaving = new AbortController();
    const response = await ask(server, {}, { signal: leaving.signal });
    assert(response.body);
    const reader = response.body.getReader();
    expect((await reader.read()).done).toBe(false);
    expect(server.requests[0]?.state).toBe('open');
    leaving.abort();
    await server.waitForRequest((request) => request.state === 'client_gone');
    await reader.cancel().catch(() => undefined);
  });

  it('waits before it begins and between its pieces', async () => {
    const clock = createTestClock();
    const turn = { text: 'abc', chunks: 3, chunkDelay: 1_000, delay: 1_000 };
    await using server = await startModelServer([turn], { clock });
    let text: string | undefined;
    const answered = (async () => {
      text = joined(await events(await ask(server)), 'text');
    })();
    // One wait before the beginning and one before each piece: each takes a second of the clock.
    let seconds = 0;
    for (; text === undefined; seconds++) {
      await new Promise(setImmediate);
      clock.advance(1_000);
    }
    await answered;
    expect(text).toBe('abc');
    expect(seconds).toBeGreaterThanOrEqual(4);
  });
});

describe('the script', () => {
  it('gives its turns in order and says clearly when it is over', async () => {
    await using server = await startModelServer([{ text: 'one' }, { text: 'two' }]);
    for (const text of ['one', 'two', scriptIsOver]) {
      expect(joined(await events(await ask(server)), 'text')).toBe(text);
    }
    server.setScript([{ text: 'again' }]);
    expect(joined(await events(await ask(server)), 'text')).toBe('again');
  });

  it('loses no turn to auxiliary requests', async () => {
    await using server = await startModelServer([{ text: 'one' }], { auxiliaryText: 'A title' });
    expect(joined(await events(await ask(server, { tools: [] })), 'text')).toBe('A title');
    expect(joined(await events(await ask(server, { max_tokens: 1 })), 'text')).toBe('A title');
    expect(joined(await events(await ask(server)), 'text')).toBe('one');
    expect(server.requests.map((request) => request.auxiliary)).toEqual([true, true, false]);
    expect(server.mainRequests).toHaveLength(1);
  });

  it('may be told which requests are auxiliary', async () => {
    await using server = await startModelServer([{ text: 'one' }], { isAuxiliary: () => false });
    expect(joined(await events(await ask(server, { tools: [] })), 'text')).toBe('one');
  });

  it('may be a function of the request', async () => {
    await using server = await startModelServer((request) => ({ text: `you said ${lastUserText(request)}` }));
    expect(joined(await events(await ask(server)), 'text')).toBe('you said hello');
  });

  it('that throws is an error of the service and on record', async () => {
    await using server = await startModelServer(() => {
      throw new Error('no such turn');
    });
    const response = await ask(server);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('no such turn');
    expect(server.requests[0]?.scriptError).toContain('no such turn');
  });

  it('may differ by conversation', async () => {
    await using server = await startModelServer([{ text: 'anyone' }]);
    server.setConversationScript('first', [{ text: 'for the first' }]);
    server.setConversationScript('second', [{ text: 'for the second' }]);
    const say = async (conversation: string): Promise<string> => {
      const response = await ask(server, {}, { headers: { 'x-claude-code-session-id': conversation } });
      return joined(await events(response), 'text');
    };
    expect(await Promise.all(['second', 'first', 'third'].map(say))).toEqual([
      'for the second',
      'for the first',
      'anyone',
    ]);
    expect(server.requests.map((request) => request.conversation).toSorted()).toEqual([
      'first',
      'second',
      'third',
    ]);
  });
});

describe('the log', () => {
  const messages = [
    { role: 'user', content: 'run it' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }] },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          is_error: true,
          content: [{ type: 'text', text: 'went wrong' }],
        },
        { type: 'text', text: 'and stop' },
      ],
    },
  ];

  it('keeps bodies, and reads texts and tool results from them', async () => {
    await using server = await startModelServer([{ text: 'one' }]);
    await (await ask(server, { messages, system: [{ type: 'text', text: 'Be brief.' }] })).text();
    const request = await server.waitForRequest((each) => !each.auxiliary);
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/messages',
      wire: 'anthropic_messages',
      turn: { text: 'one' },
    });
    expect(lastUserText(request)).toBe('and stop');
    expect(toolResults(request)).toEqual([{ toolCallId: 'toolu_1', text: 'went wrong', failed: true }]);
    expect(conversationTexts(request)).toEqual(['Be brief.', 'run it', 'went wrong', 'and stop']);
  });

  it('is bounded by number and by bytes', async () => {
    await using few = await startModelServer(() => ({}), { log: { requests: 2 } });
    await using small = await startModelServer(() => ({}), { log: { bytes: 1000 } });
    for (let round = 0; round < 4; round++) {
      await (await ask(few)).text();
      await (await ask(small, { filler: 'x'.repeat(600) })).text();
    }
    expect(few.requests.map((request) => request.number)).toEqual([3, 4]);
    expect(small.requests.map((request) => request.number)).toEqual([4]);
  });

  it('lets a caller wait for a request that is yet to come', async () => {
    await using server = await startModelServer(() => ({}));
    const second = server.waitForRequest((request) => request.number === 2);
    await (await ask(server)).text();
    await (await ask(server)).text();
    expect((await second).number).toBe(2);
  });

  it('ends a wait by its deadline, its signal and the end of the server', async () => {
    const server = await startModelServer();
    await expect(server.waitForRequest(() => true, { timeout: 1 })).rejects.toMatchObject({
      code: 'timed_out',
    });
    await expect(server.waitForRequest(() => true, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await Promise.all([
      expect(server.waitForRequest(() => true)).rejects.toMatchObject({ code: 'cancelled' }),
      server[Symbol.asyncDispose](),
    ]);
  });
});

describe('the server', () => {
  it('answers what agents ask besides messages', async () => {
    await using server = await startModelServer();
    expect((await fetch(`${server.url}/api/hello`, { method: 'HEAD' })).status).toBe(200);
    const counted = await fetch(`${server.url}/v1/messages/count_tokens?beta=true`, {
      method: 'POST',
      body: '{"messages":[]}',
    });
    expect(await counted.json()).toEqual({ input_tokens: 4 });
    expect(await (await fetch(`${server.url}/v1/models`)).json()).toMatchObject({
      data: [],
      has_more: false,
    });
    const unknown = await fetch(`${server.url}/v1/nothing`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('/v1/nothing');
    const broken = await fetch(`${server.url}/v1/messages`, { method: 'POST', body: '{broken' });
    expect(broken.status).toBe(400);
  });

  it('closes while answers wait, hang and are being made, and leaves nothing behind', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const turns = [{ text: 'x', hang: true }, { delay: 60_000 }, { text: 'slow', chunkDelay: 60_000 }];
    const server = await startModelServer(
      (request) => turns[request.number - 1] ?? new Promise(() => undefined),
    );
    const asked = Array.from({ length: 4 }, async () => (await ask(server)).text());
    const gone = Promise.allSettled(asked);
    await server.waitForRequest((request) => request.number === 4);
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    for (const outcome of await gone) expect(outcome.status).toBe('rejected');
    expect(server.requests.map((request) => request.state)).toEqual(['closed', 'closed', 'closed', 'closed']);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(
      before,
    );
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('survives clients that leave in the middle of a request', async () => {
    await using server = await startModelServer([{ text: 'still here' }]);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write('POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"half', () => {
          socket.destroy();
          resolve();
        });
      });
      socket.once('error', reject);
    });
    expect(joined(await events(await ask(server)), 'text')).toBe('still here');
    expect(server.requests).toHaveLength(1);
  });
});

describe("Amp's own service", () => {
  async function call(server: ModelServer, method: string): Promise<unknown> {
    const body = JSON.stringify({ method, params: {} });
    const response = await fetch(`${server.url}/api/internal?${method}`, { method: 'POST', body });
    return await response.json();
  }

  it('knows one user and keeps no thread; models are asked under its address', async () => {
    await using server = await startModelServer([{ text: 'fine' }]);
    await expect(call(server, 'getUserInfo')).resolves.toMatchObject({ ok: true, result: { team: null } });
    await expect(call(server, 'uploadThread')).resolves.toEqual({ ok: true, result: {} });
    await expect(call(server, 'getThread')).resolves.toMatchObject({
      ok: false,
      error: { code: 'thread-not-found' },
    });
    expect((await fetch(`${server.url}/api/threads/T-1`)).status).toBe(404);
    const messages = [{ role: 'user', content: 'hello' }];
    const asked = await fetch(`${server.url}/api/provider/anthropic/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ model: 'claude-test', max_tokens: 32_000, tools, messages }),
    });
    await expect(asked.json()).resolves.toMatchObject({ content: [{ text: 'fine' }] });
    expect(server.mainRequests).toHaveLength(1);
  });
});
