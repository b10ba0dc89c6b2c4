import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { timeSortedIds } from '../../src/domain/id.ts';
import type { ProviderEvent, RunRequest } from '../../src/ports/provider.ts';
import { shell, type ShellNative, type ShellOptions } from '../../src/providers/shell/index.ts';
import { collectRun } from '../../src/testing/run-collector.ts';
import { createRunRequest } from '../../src/testing/run-request.ts';
import { createTestHost, type TestHostOptions } from '../../src/testing/test-host.ts';
import { until, withCookie } from '../process/process-probe.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'asm-shell-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

interface Fields {
  readonly options?: ShellOptions;
  readonly native?: ShellNative;
  readonly host?: TestHostOptions;
  readonly request?: Partial<RunRequest<ShellNative>>;
}

function start(text: string, fields: Fields = {}) {
  const request = createRunRequest<ShellNative>({
    cwd,
    text,
    ...(fields.native === undefined ? {} : { native: fields.native }),
    ...fields.request,
  });
  const host = createTestHost(fields.host);
  return { ...collectRun(shell(fields.options), request, host), host, cookie: request.cookie };
}

/** Runs a script to its end. */
async function script(text: string, fields: Fields = {}) {
  const run = start(text, { ...fields, native: { shell: true, ...fields.native } });
  const end = await run.ended;
  expect(withCookie(run.cookie)).toEqual([]);
  return { ...run, ...end };
}

function streamed(events: readonly ProviderEvent[], stream: 'stdout' | 'stderr'): string {
  return events
    .map((event) =>
      event.type === 'tool_output_streamed' && event.data.stream === stream ? event.data.text : '',
    )
    .join('');
}

describe('a command that ends', () => {
  test('gives its outputs apart, its exit code and its message', async () => {
    const run = await script('echo out; echo err >&2');
    expect(run.outcome).toEqual({ status: 'completed', output: 'out\n', stopReason: 'exit_code_0' });
    expect(run.events[0]).toMatchObject({ type: 'agent_started', data: { continuity: 'fresh' } });
    expect(streamed(run.events, 'stdout')).toBe('out\n');
    expect(streamed(run.events, 'stderr')).toBe('err\n');
    expect(run.ofType('tool_call_completed')[0]?.data).toMatchObject({
      tool: 'bash',
      output: { stdout: 'out\n', stderr: 'err\n' },
      exitCode: 0,
    });
    expect(run.events.at(-1)).toMatchObject({
      type: 'message_received',
      data: { role: 'tool', text: 'out\n' },
    });
    const { toolCallId } = run.ofType('tool_call_completed')[0]?.data ?? {};
    expect(run.ofType('tool_call_started').map(({ data }) => data.toolCallId)).toEqual([toolCallId]);
  });

  test('with an exit code that is no success fails the run, unless it is listed', async () => {
    const failed = await script('echo out; echo why >&2; exit 3');
    expect(failed.error).toMatchObject({
      code: 'command_failed',
      provider: { provider: 'shell', kind: 'exit_code', exitCode: 3, stderr: 'why\n' },
    });
    expect(failed.ofType('tool_call_failed')[0]?.data).toMatchObject({ reason: 'error', exitCode: 3 });
    const listed = await script('exit 3', { native: { successExitCodes: [0, 3] } });
    expect(listed.outcome).toMatchObject({ status: 'completed', stopReason: 'exit_code_3' });
    const killed = await script('kill -9 $$');
    expect(killed.error).toMatchObject({
      code: 'command_failed',
      provider: { kind: 'signal', signal: 'SIGKILL' },
    });
  });

  test('takes what it left running with it', async () => {
    const run = await script('sleep 300 & (setsid sleep 301 &) ; echo done');
    expect(run.outcome).toMatchObject({ status: 'completed', output: 'done\n' });
  });
});

describe('a command that is stopped', () => {
  const deaf =
    "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo ready; while :; do sleep 1; done";

  test('by its time limit: with its children, its output kept', async () => {
    const run = await script(deaf, { native: { timeout: 1_500, grace: 50 } });
    expect(run.error).toMatchObject({ code: 'timed_out' });
    expect(run.ofType('tool_call_failed')[0]?.data).toMatchObject({
      reason: 'interrupted',
      output: { stdout: 'ready\n' },
    });
  });

  test('by cancelling', async () => {
    const run = start(deaf, { native: { shell: true, grace: 50 } });
    await run.waitFor((event) => event.type === 'tool_output_streamed');
    run.host.cancel('enough');
    expect((await run.ended).error).toMatchObject({ code: 'cancelled', message: 'enough' });
    expect(withCookie(run.cookie)).toEqual([]);
  });

  test('by an interrupt: the run ends well', async () => {
    const run = start(deaf, { native: { shell: true, grace: 50 } });
    await run.waitFor((event) => event.type === 'tool_output_streamed');
    run.host.interrupt();
    expect((await run.ended).outcome).toEqual({ status: 'interrupted', output: 'ready\n' });
    expect(withCookie(run.cookie)).toEqual([]);
  });

  test('by a reader that leaves', async () => {
    const host = createTestHost();
    const request = createRunRequest<ShellNative>({ cwd, text: deaf, native: { shell: true, grace: 50 } });
    for await (const event of shell().run(request, host)) {
      if (event.type === 'tool_output_streamed') break;
    }
    expect(withCookie(request.cookie)).toEqual([]);
    host.end();
  });
});

describe('the gate', () => {
  test('is asked before anything starts, and a denial starts nothing', async () => {
    const run = await script('touch made', {
      host: { authorize: () => ({ decision: 'deny', reason: 'not today' }) },
    });
    expect(run.error).toMatchObject({
      code: 'command_denied',
      message: 'The command was not allowed: not today',
    });
    expect(run.events).toEqual([]);
    expect(await readdir(cwd)).toEqual([]);
    expect(run.host.questions[0]?.call).toMatchObject({
      tool: 'bash',
      kind: 'execute',
      command: 'touch made',
    });
  });

  test('may change the command', async () => {
    const changed = { decision: 'allow', changedInput: { command: 'echo changed' } } as const;
    expect((await script('echo x', { host: { authorize: () => changed } })).outcome?.output).toBe(
      'changed\n',
    );
    const direct = start('echo x', { host: { authorize: () => changed } });
    expect((await direct.ended).outcome?.output).toBe('changed\n');
    const wrong = { decision: 'allow', changedInput: { command: 'echo x; touch made' } } as const;
    const refused = start('echo x', { host: { authorize: () => wrong } });
    expect((await refused.ended).error).toMatchObject({ code: 'invalid_input' });
    expect(await readdir(cwd)).toEqual([]);
  });

  test('with a question open, an interrupt ends well and a cancel cancels', async () => {
    const never = { authorize: () => new Promise<never>(() => {}) };
    const interrupted = start('touch made', { host: never });
    await until('the question', () => interrupted.host.questions.length === 1);
    interrupted.host.interrupt();
    expect((await interrupted.ended).outcome).toEqual({ status: 'interrupted' });
    expect(interrupted.events).toMatchObject([{ type: 'agent_started' }]);
    expect(interrupted.host.questions[0]?.answer).toBe('withdrawn');
    const cancelled = start('touch made', { host: never });
    await until('the question', () => cancelled.host.questions.length === 1);
    cancelled.host.cancel();
    expect((await cancelled.ended).error).toMatchObject({ code: 'cancelled' });
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('what is run', () => {
  test('without a shell nothing in the arguments is read by one', async () => {
    const hostile = [
      '$(touch made)',
      '`touch made`',
      '; touch made',
      '&& touch made',
      '\n touch made',
      '*',
      '$HOME',
      "'",
      '"',
      '-n',
      '',
    ];
    const run = start('ignored', {
      native: { command: { program: 'printf', arguments: ['%s|', ...hostile] } },
    });
    expect((await run.ended).outcome?.output).toBe(hostile.map((text) => `${text}|`).join(''));
    expect(await readdir(cwd)).toEqual([]);
    const asked = run.host.questions[0]?.call.command ?? '';
    // The text that rules see, run by a real shell, is the same command.
    expect((await script(asked)).outcome?.output).toBe(hostile.map((text) => `${text}|`).join(''));
    expect(await readdir(cwd)).toEqual([]);
  });

  test('a plain text is one program; shell syntax needs a shell', async () => {
    expect((await start('printf "%s" "a b"').ended).outcome?.output).toBe('a b');
    for (const text of [
      'echo x; touch made',
      'echo $(touch made)',
      'echo x > made',
      'touch made &',
      'echo\ntouch made',
      '',
      '  ',
    ]) {
      expect((await start(text).ended).error, text).toMatchObject({ code: 'invalid_input' });
    }
    expect(await readdir(cwd)).toEqual([]);
  });

  test('a missing program, NUL, and what a command cannot do are typed errors', async () => {
    expect((await start('no-such-program-here').ended).error).toMatchObject({ code: 'command_not_found' });
    expect((await start('x', { native: { command: { program: 'a\0b' } } }).ended).error).toMatchObject({
      code: 'invalid_input',
    });
    expect((await start('echo \0').ended).error).toMatchObject({ code: 'invalid_input' });
    expect((await script(`: ${'x'.repeat(10_000_000)}`)).error).toMatchObject({ code: 'invalid_input' });
    const resume = { handle: { id: 'x', runId: timeSortedIds('run') }, fork: false };
    expect((await start('ls', { request: { resume } }).ended).error).toMatchObject({ code: 'resume_failed' });
    expect((await start('ls', { request: { systemPrompt: 'x' } }).ended).error).toMatchObject({
      code: 'capability_not_supported',
    });
  });

  test('unknown options are named, with the nearest known one', async () => {
    const native = JSON.parse('{"timeuot": 5}');
    expect((await start('ls', { native }).ended).error).toMatchObject({
      code: 'unknown_option',
      message: expect.stringContaining('Did you mean "timeout"?'),
    });
    expect((await start('ls', { native: { timeout: -1 } }).ended).error).toMatchObject({
      code: 'invalid_input',
    });
    expect(() => shell(JSON.parse('{"successExitCode": [0]}'))).toThrow(
      expect.objectContaining({ code: 'unknown_option' }),
    );
  });

  test('the environment holds no secrets but those that are named', async () => {
    const run = await script('env', {
      options: { environment: { set: { FROM: 'provider' } } },
      request: { environment: { set: { MINE: 'run' } } },
    });
    const names = (run.outcome?.output ?? '').split('\n').map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'FROM', 'MINE', 'ASM_RUN_ID', 'ASM_RUN_COOKIE']));
    expect(names).not.toContain('VITEST');
  });
});

describe('output', () => {
  test('characters that are split between writes arrive whole', async () => {
    const run = await script("printf 'a\\342'; sleep 0.2; printf '\\202'; sleep 0.2; printf '\\254b \\377'");
    expect(streamed(run.events, 'stdout')).toBe('a€b \ufffd');
    expect(run.outcome?.output).toBe('a€b \ufffd');
  });

  test('a flood is cut at the bound, with one mark and its full length', async () => {
    const run = await script('head -c 100000000 /dev/zero; echo end >&2', {
      native: { maximumOutput: 10_000 },
    });
    const text = streamed(run.events, 'stdout');
    expect(text).toBe(`${'\0'.repeat(10_000)}\n[cut: more than 10000 bytes]\n`);
    expect(run.ofType('tool_call_completed')[0]?.data).toMatchObject({ fullLength: 100_000_004 });
    expect(run.outcome?.output).toHaveLength(10_000);
    expect(streamed(run.events, 'stderr')).toBe('end\n');
  });

  test('nobody reads faster than the events are pulled', async () => {
    const host = createTestHost();
    const request = createRunRequest<ShellNative>({
      cwd,
      text: 'head -c 4000000 /dev/zero; touch finished',
      native: { shell: true, maximumOutput: 16_000_000 },
    });
    const run = shell().run(request, host);
    await run.next();
    // Unread, the command can't get rid of its output. Given a second, it would have.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await readdir(cwd)).toEqual([]);
    let length = 0;
    for await (const event of run)
      if (event.type === 'tool_output_streamed') length += event.data.text.length;
    expect(length).toBe(4_000_000);
    expect(await readdir(cwd)).toEqual(['finished']);
    host.end();
  });
});

test('runs at once don’t mix', async () => {
  const runs = Array.from({ length: 8 }, (_, index) =>
    script(`echo ${index}; sleep 0.1; echo ${index}`, { request: { runId: timeSortedIds('run') } }),
  );
  const outputs = (await Promise.all(runs)).map((run) => run.outcome?.output);
  expect(outputs).toEqual(runs.map((_, index) => `${index}\n${index}\n`));
});
