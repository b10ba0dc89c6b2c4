import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../domain/event.ts';
import { noUsage } from '../domain/usage.ts';
import {
  callbackSink,
  compactRenderer,
  createRendering,
  eventFromJsonLine,
  fileSink,
  jsonLinesSink,
  passthroughRenderer,
  plainText,
  renderTo,
  studioRenderer,
  terminalSink,
  verboseRenderer,
  type Renderer,
  type Sink,
} from './index.ts';
import { eventOf, logOf, realisticLog, stream } from './rendering-fixture.ts';

const renderers: Readonly<Record<string, (color: boolean) => Renderer>> = {
  compact: (color) => compactRenderer({ color }),
  verbose: (color) => verboseRenderer({ color }),
  studio: (color) => studioRenderer({ color, terminal: false, toolOutput: 'full' }),
  'studio on a terminal': (color) => studioRenderer({ color, terminal: true, width: 50, toolOutput: 'full' }),
};

function renderAll(renderer: Renderer, events: readonly LogEvent[]): string {
  return events.map((event) => renderer.render(event)).join('') + renderer.finish();
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rendering-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.entries(renderers))('%s', (_name, make) => {
  it('renders a realistic run the same with and without colours', () => {
    const plain = renderAll(make(false), realisticLog());
    expect(plain).toMatchSnapshot();
    expect(plainText(renderAll(make(true), realisticLog()))).toBe(plainText(plain));
  });

  it('lets no control character or direction override of a text through', () => {
    const hostile = 'a\u001B[2Jb\u001B]0;title\u0007c\u009B31md\re\bf\u202Eg\u001B[31mh';
    const usage = noUsage;
    const error = { code: 'agent_failed', message: hostile, retryable: false, recovery: 'abort' } as const;
    const out = renderAll(
      make(false),
      logOf(
        { type: 'message_streamed', data: { messageId: 'm', text: hostile } },
        { type: 'reasoning_streamed', data: { messageId: 'm', text: hostile } },
        {
          type: 'tool_call_started',
          data: { toolCallId: 't', name: hostile, tool: hostile, kind: 'other', input: { command: hostile } },
        },
        { type: 'tool_output_streamed', data: { toolCallId: 't', stream: 'stdout', text: hostile } },
        {
          type: 'tool_call_completed',
          data: { toolCallId: 't', name: hostile, tool: hostile, output: hostile },
        },
        { type: 'file_changed', data: { path: hostile, change: 'created' } },
        { type: 'warning_raised', data: { code: hostile, message: hostile } },
        { type: 'plan_updated', data: { steps: [{ text: hostile, status: 'pending' }] } },
        { type: 'unparsed', data: { raw: hostile } },
        { type: 'run_failed', data: { usage, error } },
      ),
    );
    expect(out.replaceAll('\r\u001B[2K', '')).not.toMatch(
      /[[\p{Cc}--[\n\t]]\u{202A}-\u{202E}\u{2066}-\u{2069}]/v,
    );
  });

  it('keeps the visible text of messages in order, however it is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
        fc.array(fc.nat(40)),
        (texts, cuts) => {
          const whole = texts.join('').replace(/[\p{Cc}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gv, '');
          const pieces: string[] = [];
          let rest = whole;
          for (const cut of cuts) {
            pieces.push(rest.slice(0, cut));
            rest = rest.slice(cut);
          }
          const drafts = [...pieces, rest].map(
            (text) => ({ type: 'message_streamed', data: { messageId: 'm', text } }) as const,
          );
          const out = renderAll(make(false), logOf(...drafts)).replace(/\s/g, '');
          expect(out).toContain(whole.replace(/\s/g, ''));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('survives structured, huge and malformed data', () => {
    const renderer = make(false);
    const deep: unknown[] = [];
    let inner = deep;
    for (let level = 0; level < 20_000; level += 1) inner.push((inner = []));
    for (const output of [{ a: [1, null] }, [], 7, true, null, 'x'.repeat(1_000_000), deep as never]) {
      renderer.render(eventOf('tool_call_completed', { toolCallId: 't', name: 'n', tool: 'n', output }));
    }
    expect(renderer.finish()).toBeTypeOf('string');
  });
});

describe('studio', () => {
  const start = (toolCallId: string) =>
    ({
      type: 'tool_call_started',
      data: { toolCallId, name: 'Bash', tool: 'bash', kind: 'execute', input: { command: toolCallId } },
    }) as const;
  const end = (toolCallId: string) =>
    ({ type: 'tool_call_completed', data: { toolCallId, name: 'Bash', tool: 'bash', output: '' } }) as const;

  it('shows a command by whatever name its agent has for it', () => {
    for (const input of [{ command: 'npm test' }, { cmd: 'npm test' }, { command: ['npm', 'test'] }]) {
      const data = { toolCallId: 't', name: 'Bash', tool: 'bash', kind: 'execute', input } as const;
      const out = renderAll(
        studioRenderer({ color: false, terminal: false }),
        logOf({ type: 'tool_call_started', data }, end('t')),
      );
      expect(out).toContain('Running: npm test\n');
      expect(out).toContain('Ran: npm test');
    }
  });

  it('tells the permission mode of the run, not that of its agent, and no tokens where there are none', () => {
    const out = renderAll(
      studioRenderer({ color: false, terminal: false }),
      logOf(
        {
          type: 'run_started',
          data: {
            requested: { provider: 'claude-agent-acp', permissionMode: 'full_auto', continuation: 'auto' },
          },
        },
        { type: 'agent_started', data: { continuity: 'fresh', nativePermissionMode: 'default' } },
        { type: 'run_completed', data: { usage: noUsage, interrupted: false, stopReason: 'end_turn' } },
      ),
    );
    expect(out).toContain('● claude-agent-acp run started · full_auto\n');
    expect(out).not.toContain('default permissions');
    expect(out).toContain('Run complete (end_turn) — 0 tools\n');
  });

  it('updates a line in place only when it is the last one and labels parallel tools by their id', () => {
    const out = renderAll(
      studioRenderer({ color: false, terminal: true, width: 80 }),
      logOf(start('a'), start('b'), end('b'), end('a')),
    );
    expect(out).toBe('  ◐ Running: a\n  ◐ Running: b\r\u001B[2K  ✓ Ran: b\n  ✓ Ran: a\n');
  });

  it('wraps why a run failed instead of cutting it, and says it once', () => {
    const usage = noUsage;
    const message = 'The agent is not signed in, or its credentials were refused. Sign in, or set SOME_KEY.';
    const error = { code: 'authentication_failed', message, retryable: false, recovery: 'sign_in' } as const;
    const out = renderAll(studioRenderer({ terminal: true, width: 40, color: false }), [
      eventOf('attempt_failed', { error, next: 'none' }),
      eventOf('run_failed', { usage, error }),
    ]);
    expect(out).toBe(
      [
        '',
        '  ✗ The agent is not signed in, or its',
        '    credentials were refused. Sign in,',
        '    or set SOME_KEY.',
        '',
      ].join('\n'),
    );
  });

  it('counts what the agent was told, also where it is one message', () => {
    const told = [1, 2].map((messages) =>
      eventOf('conversation_replayed', { messages, omitted: 0, characters: 9 }),
    );
    const out = renderAll(studioRenderer({ terminal: false, color: false }), told);
    expect(out.match(/Told.*/g)).toEqual([
      'Told the agent 1 earlier message',
      'Told the agent 2 earlier messages',
    ]);
  });

  it('says how long it is until the next attempt, where that is long', () => {
    const error = {
      code: 'rate_limited',
      message: 'Slow.',
      retryable: true,
      recovery: 'wait_and_retry',
    } as const;
    const waits = [undefined, 1_000, 90_000].map((delay) =>
      eventOf('attempt_failed', { error, next: 'retry', ...(delay === undefined ? {} : { delay }) }),
    );
    const out = renderAll(studioRenderer({ terminal: false, color: false }), waits);
    expect(out.match(/Attempt 1 failed.*/g)).toEqual([
      'Attempt 1 failed: Slow.',
      'Attempt 1 failed: Slow.',
      'Attempt 1 failed, next in 1m 30s: Slow.',
    ]);
  });

  it('never wipes text that followed a running line', () => {
    const text = { type: 'message_streamed', data: { messageId: 'm', text: 'meanwhile' } } as const;
    const out = renderAll(
      studioRenderer({ color: false, terminal: true, width: 80 }),
      logOf(start('a'), text, end('a')),
    );
    expect(out).toBe('  ◐ Running: a\n\n  meanwhile\n\n  ✓ Ran: a\n');
  });
});

describe('sinks', () => {
  const throwing: Sink = {
    name: 'throwing',
    write: () => {
      throw new Error('no');
    },
    flush: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const rejecting: Sink = { ...throwing, name: 'rejecting', write: () => Promise.reject(new Error('no')) };
  const stalled: Sink = { ...throwing, name: 'stalled', write: () => new Promise(() => {}) };
  const badEnd: Sink = {
    ...throwing,
    name: 'bad end',
    write: () => {},
    flush: () => Promise.reject(new Error('no')),
  };

  it('switches off what fails or stalls, tells, and goes on with the others', async () => {
    const path = join(folder, 'out.txt');
    const told: string[] = [];
    const report = await renderTo({
      events: stream(realisticLog()),
      renderer: compactRenderer({ color: true }),
      sinks: [throwing, rejecting, stalled, badEnd, fileSink('/dev/full', { name: 'full' }), fileSink(path)],
      // Far longer than any disk takes, since the file must not be held for stalled.
      stallTimeout: 2_000,
      onSinkError: (failure) => {
        told.push(failure.sink);
        throw new Error('ignored');
      },
    });
    expect(report.events).toBe(realisticLog().length);
    expect(told.toSorted()).toEqual(['bad end', 'full', 'rejecting', 'stalled', 'throwing']);
    expect(report.sinkErrors.find((failure) => failure.sink === 'full')?.error.code).toBe('storage_full');
    expect(report.sinkErrors.find((failure) => failure.sink === 'stalled')?.error.code).toBe('timed_out');
    expect(await readFile(path, 'utf8')).toBe(renderAll(compactRenderer({ color: false }), realisticLog()));
  });

  it('bounds what waits for a stalled sink when events are pushed without waiting', async () => {
    const rendering = createRendering(passthroughRenderer(), [stalled], {
      maximumBehind: 10_000,
      stallTimeout: 50,
    });
    for (let count = 0; count < 1_000; count += 1) void rendering.push(eventOf('session_paused', {}));
    const report = await rendering.close();
    expect(report.sinkErrors).toMatchObject([{ sink: 'stalled', error: { code: 'timed_out' } }]);
  });

  it('marks an event that the renderer throws at and goes on', async () => {
    const seen: string[] = [];
    const renderer: Renderer = {
      render: (event) => {
        if (event.type === 'unparsed') throw new Error('bad\u001B[2J');
        return '.';
      },
      finish: () => '',
    };
    const report = await renderTo({
      events: stream(realisticLog()),
      renderer,
      sinks: [callbackSink((_event, text) => void seen.push(text))],
    });
    expect(report.renderErrors).toHaveLength(1);
    expect(seen.filter((text) => text.includes('could not render unparsed'))).toHaveLength(1);
    expect(seen.join('')).not.toContain('\u001B');
  });

  it('survives a stream that breaks while it is written to', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const report = await renderTo({
      events: stream(realisticLog()),
      renderer: verboseRenderer({ color: true }),
      sinks: [terminalSink(broken)],
    });
    expect(report.sinkErrors).toMatchObject([{ sink: 'terminal', error: { code: 'storage_unavailable' } }]);
  });

  it('refuses to replace a log unless told, and appends', async () => {
    const path = join(folder, 'log.txt');
    await writeFile(path, 'old\n');
    const render = (options: object) =>
      renderTo({
        events: stream([]),
        renderer: { render: () => '', finish: () => 'new\n' },
        sinks: [fileSink(path, options)],
      });
    expect((await render({})).sinkErrors).toMatchObject([{ error: { code: 'already_exists' } }]);
    expect(await readFile(path, 'utf8')).toBe('old\n');
    await render({ append: true });
    expect(await readFile(path, 'utf8')).toBe('old\nnew\n');
    await render({ overwrite: true });
    expect(await readFile(path, 'utf8')).toBe('new\n');
  });

  it('writes JSON lines that read back as the same events', async () => {
    const path = join(folder, 'log.jsonl');
    const events = [...realisticLog(), eventOf('unparsed', { raw: '\u009B\u202E\u0000\ud83d' })];
    await renderTo({ events: stream(events), renderer: passthroughRenderer(), sinks: [jsonLinesSink(path)] });
    const text = await readFile(path, 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    expect(text).not.toMatch(/[[\p{Cc}--\n]\u{202A}-\u{202E}]/v);
    expect(text.trimEnd().split('\n').map(eventFromJsonLine)).toEqual(events);
  });

  it('writes compact JSON lines with the time of the event', async () => {
    const path = join(folder, 'compact.jsonl');
    await renderTo({
      events: stream(realisticLog()),
      renderer: passthroughRenderer(),
      sinks: [jsonLinesSink(path, { mode: 'compact' })],
    });
    expect(await readFile(path, 'utf8')).toMatchSnapshot();
  });

  it('ends on abort while the next event is awaited, with all written', async () => {
    const abort = new AbortController();
    const seen: string[] = [];
    async function* endless(): AsyncGenerator<LogEvent> {
      yield* realisticLog();
      setImmediate(() => abort.abort());
      await new Promise(() => {});
    }
    const report = await renderTo({
      events: endless(),
      renderer: passthroughRenderer(),
      sinks: [callbackSink((event) => void seen.push(event.type))],
      signal: abort.signal,
    });
    expect(report.events).toBe(realisticLog().length);
    expect(seen).toHaveLength(realisticLog().length);
  });
});
