import { text as readText } from 'node:stream/consumers';
import { AsmError } from '../domain/error.ts';
import { parseToolRule, type ToolRules } from '../domain/tool-rule.ts';
import { permissionModes, type PermissionMode } from '../domain/tool.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { RunOptions } from '../manager/run-options.ts';
import type { RunResult } from '../manager/run-result.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import type { SessionHandle } from '../manager/session-handle.ts';
import { shell } from '../providers/shell/index.ts';
import { jsonLine, renderTo, terminalSink } from '../rendering/index.ts';
import { eventRenderer, type RenderingName } from './event-renderer.ts';
import { exitCodeOfResult } from './exit-code.ts';
import type { SharedOptions } from './main.ts';
import { openManager } from './open-manager.ts';
import { terminalQuestions } from './permission-prompt.ts';
import { summarize } from './run-summary.ts';
import { stopOnSignals } from './stop-signals.ts';

interface RunCommandOptions extends SharedOptions {
  readonly provider?: string;
  readonly session?: string;
  readonly cwd?: string;
  readonly model?: string;
  readonly permissionMode?: string;
  readonly maxTurns?: number;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly systemPrompt?: string;
  readonly timeout?: number;
  readonly shell?: boolean;
  readonly trustProject?: boolean;
  readonly render?: RenderingName;
}

/** `asm run` */
export async function runCommand(words: readonly string[], options: RunCommandOptions): Promise<void> {
  const prompt = await readPrompt(words);
  const runOptions = readRunOptions(options);
  await using manager = await openManager(options);
  const session = await findOrCreate(manager, options, prompt);
  const run = await start(session, prompt, options, runOptions);
  using _stop = stopOnSignals(run);
  await show(run, options);
  const result = await run.result;
  finish(session, result, options);
}

async function readPrompt(words: readonly string[]): Promise<string> {
  const given = words.join(' ');
  if (given !== '' && given !== '-') return given;
  if (process.stdin.isTTY && given === '') {
    throw new AsmError('invalid_input', 'Say what the agent should do: asm run "…", or pipe it in.');
  }
  return await readText(process.stdin);
}

function readRunOptions(options: RunCommandOptions): Omit<RunOptions, 'provider' | 'native'> {
  const { model, maxTurns, systemPrompt, trustProject, timeout } = options;
  const permissionMode = options.permissionMode === undefined ? undefined : readMode(options.permissionMode);
  const rules: ToolRules = {
    ...(options.allow === undefined ? {} : { allow: options.allow.map((rule) => parseToolRule(rule)) }),
    ...(options.deny === undefined ? {} : { deny: options.deny.map((rule) => parseToolRule(rule)) }),
  };
  return {
    ...(options.allow === undefined && options.deny === undefined ? {} : { rules }),
    ...(permissionMode === undefined ? {} : { permissionMode }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(model === undefined ? {} : { model }),
    ...(maxTurns === undefined ? {} : { maxTurns }),
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    ...(trustProject === undefined ? {} : { trustProject }),
    ...(timeout === undefined ? {} : { limits: { total: timeout * 1_000 } }),
    ...(process.stdin.isTTY && process.stderr.isTTY && options.json !== true
      ? { authorize: terminalQuestions() }
      : {}),
  };
}

function readMode(text: string): PermissionMode {
  const mode = permissionModes.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new AsmError(
    'invalid_input',
    `--permission-mode is one of ${permissionModes.join(', ')}, not "${text}".`,
  );
}

async function findOrCreate(
  manager: SessionManager,
  options: RunCommandOptions,
  prompt: string,
): Promise<SessionHandle> {
  if (options.session !== undefined) return await manager.getSession(options.session);
  const [title = ''] = prompt.trim().split('\n');
  return await manager.createSession({
    provider: options.provider ?? 'claude',
    cwd: options.cwd ?? process.cwd(),
    title: [...title].slice(0, 80).join(''),
  });
}

async function start(
  session: SessionHandle,
  prompt: string,
  options: RunCommandOptions,
  runOptions: Omit<RunOptions, 'provider' | 'native'>,
): Promise<RunHandle> {
  const provider = options.provider ?? (await session.read()).provider ?? 'claude';
  if (provider !== 'shell') return await session.run(prompt, { ...runOptions, provider });
  // Who types a command at a prompt has allowed it; rules still refuse what they refuse.
  const permissionMode = runOptions.permissionMode ?? 'full_auto';
  const native = { shell: options.shell ?? false };
  return await session.run(prompt, { ...runOptions, permissionMode, provider: shell(), native });
}

async function show(run: RunHandle, options: RunCommandOptions): Promise<void> {
  if (options.json === true) {
    for await (const event of run) process.stdout.write(`${jsonLine(event)}\n`);
    return;
  }
  const name = options.render ?? 'studio';
  if (name === 'none') return;
  await renderTo({
    events: run,
    renderer: eventRenderer(name),
    sinks: [terminalSink()],
    stallTimeout: Number.POSITIVE_INFINITY,
  });
}

function finish(session: SessionHandle, result: RunResult, options: RunCommandOptions): void {
  process.exitCode = exitCodeOfResult(result);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ type: 'result', ...result })}\n`);
    return;
  }
  if (options.render === 'none') process.stdout.write(result.output === '' ? '' : `${result.output}\n`);
  process.stderr.write(`${summarize(session.id, result)}\n`);
}
