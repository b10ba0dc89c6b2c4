import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { checkClientTools, type ClientTool } from './client-tools.ts';

const inputSchema: JsonObject = {
  type: 'object',
  properties: { town: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
  required: ['town'],
  additionalProperties: false,
};

function tool(fields: Partial<ClientTool> = {}): ClientTool {
  return { name: 'weather', description: 'Tells the weather.', inputSchema, run: () => 'sunny', ...fields };
}

const never = new AbortController().signal;

async function call(
  fields: Partial<ClientTool>,
  input: JsonObject = { town: 'Oslo' },
  clock = createTestClock(),
) {
  const tools = await checkClientTools([tool(fields)], clock);
  return await tools.call('weather', input, { signal: never });
}

describe('a client tool', () => {
  it('gives text as it is and all else as JSON', async () => {
    expect(await call({})).toEqual({ text: 'sunny', failed: false });
    expect(await call({ run: ({ town }) => ({ town: town ?? '', degrees: 3 }) })).toEqual({
      text: '{"town":"Oslo","degrees":3}',
      failed: false,
    });
  });

  it('does not run with an input that does not fit, and says why', async () => {
    let runs = 0;
    const counted = { run: () => ++runs };
    for (const [input, says] of [
      [{}, /town/],
      [{ town: 1 }, /town/],
      [{ town: 'Oslo', days: 0 }, /days/],
      [{ town: 'Oslo', extra: true }, /extra/i],
    ] as const) {
      const { text, failed } = await call(counted, input);
      expect([failed, text]).toEqual([true, expect.stringMatching(says)]);
    }
    expect(runs).toBe(0);
  });

  it('that throws, rejects or is not there is a failed call', async () => {
    const broken = () => {
      throw new Error('no wind');
    };
    expect(await call({ run: broken })).toEqual({ text: 'weather failed: no wind', failed: true });
    expect(await call({ run: () => Promise.reject(new Error('no sun')) })).toMatchObject({ failed: true });
    const tools = await checkClientTools([tool()], createTestClock());
    expect(await tools.call('moon', {}, { signal: never })).toMatchObject({ failed: true });
  });

  it('is stopped by its time limit, and by the end of the run', async () => {
    const clock = createTestClock();
    let stopped: AbortSignal | undefined;
    const hang: ClientTool['run'] = (_input, { signal }) => {
      stopped = signal;
      return new Promise(() => {});
    };
    const late = call({ run: hang, timeout: 500 }, { town: 'Oslo' }, clock);
    await expect.poll(() => stopped).toBeDefined();
    clock.advance(500);
    expect(await late).toEqual({ text: 'weather took longer than 500 ms.', failed: true });
    expect(stopped?.aborted).toBe(true);
    const run = new AbortController();
    const tools = await checkClientTools([tool({ run: hang })], clock);
    const open = tools.call('weather', { town: 'Oslo' }, { signal: run.signal });
    run.abort();
    await expect(open).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tells at most 256 Ki characters', async () => {
    const { text } = await call({ run: () => 'x'.repeat(300_000) });
    expect(text).toMatch(/^x{262144}… \[cut: 300000 characters in all\]$/);
  });

  it.each([
    [[tool({ name: 'a b' })]],
    [[tool({ name: '' })]],
    [[tool({ name: 'x'.repeat(49) })]],
    [[tool(), tool()]],
    [[tool({ timeout: 0 })]],
    [[tool({ inputSchema: { type: 'string' } })]],
    [[tool({ inputSchema: { type: 'object', properties: { a: { type: 'colour' } } } })]],
  ])('is refused when its name, schema or time is not right (%#)', async (tools) => {
    await expect(checkClientTools(tools, createTestClock())).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it.each([
    [{ run: undefined }, 'invalid_input', /"weather" needs a function `run`/],
    [{ description: undefined }, 'invalid_input', /"weather" needs a description/],
    [{ inputSchema: undefined }, 'invalid_input', /inputSchema of the client tool "weather" .* not "object"/],
    [{ timeoutMs: 5 }, 'unknown_option', /has no option "timeoutMs". Did you mean "timeout"/],
  ])('is refused when it lacks something, or has what nothing reads (%#)', async (fields, code, message) => {
    const tools = [Object.assign(tool(), fields)];
    await expect(checkClientTools(tools, createTestClock())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
