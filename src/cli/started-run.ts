import { AsmError } from '../domain/error.ts';
import { parseId } from '../domain/id.ts';
import { splitPlainCommand } from '../domain/shell-word.ts';
import { findProvider } from '../manager/manager-environment.ts';
import { partsOf } from '../manager/manager-parts.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CommonRunOptions } from '../manager/run-options.ts';
import type { SessionHandle } from '../manager/session-handle.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { ShellNative } from '../providers/shell/options.ts';
import type { RunCommandOptions } from './run-settings.ts';

/** What `asm run` is to start. */
export interface RunOrder {
  readonly task: string;
  /** The words that the task was given in; none when it came through a pipe. */
  readonly words: readonly string[];
  readonly options: RunCommandOptions;
  readonly settings: CommonRunOptions;
  /** The native options that were given. */
  readonly native: object | undefined;
}

/** The name of the provider that a run goes to: the one that was asked for, else the session's, else Claude Code. */
export async function providerOf(
  store: SessionStore,
  { provider, session }: RunCommandOptions,
): Promise<string> {
  const id = session === undefined ? undefined : parseId('session', session);
  const row = provider === undefined && id !== undefined ? await store.session(id) : undefined;
  return provider ?? row?.provider ?? 'claude';
}

/**
 * Starts the run in the session that was named, or in a new one. A new session whose run can't be
 * started is cancelled, so that none is left that waits for something.
 */
export async function startRun(manager: SessionManager, order: RunOrder): Promise<RunHandle> {
  const { options } = order;
  const named = options.session === undefined ? undefined : await manager.getSession(options.session);
  const provider = await providerOf(partsOf(manager).environment.store, options);
  checkOrder(provider, order);
  const start = async (session: SessionHandle): Promise<RunHandle> =>
    await startIn(manager, session, provider, order);
  if (named !== undefined && options.fork !== true) return await start(named);
  const title = titleOf(order.task);
  const session =
    named === undefined
      ? await manager.createSession({
          ...{ provider, cwd: options.cwd ?? process.cwd(), title },
          ...(options.tag === undefined ? {} : { tags: options.tag }),
        })
      : await named.fork({ title });
  try {
    return await start(session);
  } catch (thrown) {
    await session.cancel('Its run could not be started.').catch(() => undefined);
    throw thrown;
  }
}

async function startIn(
  manager: SessionManager,
  session: SessionHandle,
  provider: string,
  order: RunOrder,
): Promise<RunHandle> {
  const { task, settings, native } = order;
  settings.signal?.throwIfAborted();
  if (provider !== 'shell') {
    const chosen = findProvider(partsOf(manager).environment, provider);
    return await session.run(task, {
      ...settings,
      provider: chosen,
      ...(native === undefined ? {} : { native }),
    });
  }
  const { shell } = await import('../providers/shell/index.ts');
  // Who types a command at a prompt has allowed it; rules still refuse what they refuse.
  const permissionMode = settings.permissionMode ?? 'full_auto';
  return await session.run(task, {
    ...settings,
    permissionMode,
    provider: shell(),
    native: { ...shellOptions(order), ...native },
  });
}

function checkOrder(provider: string, { task, words, options }: RunOrder): void {
  if (provider !== 'shell') {
    if (options.shell === true)
      throw new AsmError('invalid_input', `--shell is for --provider shell, not for ${provider}.`);
    return;
  }
  if (options.shell === true || words.length > 1 || splitPlainCommand(task) !== undefined) return;
  throw new AsmError(
    'invalid_input',
    'The command has shell syntax in it; add --shell to run it with /bin/sh.',
  );
}

/** Several words are a program and its arguments, as the caller's own shell has cut them already. */
function shellOptions({ words, options }: RunOrder): ShellNative {
  const [program, ...parameters] = words;
  return options.shell !== true && program !== undefined && parameters.length > 0
    ? { command: { program, arguments: parameters } }
    : { shell: options.shell ?? false };
}

function titleOf(task: string): string {
  const [line = ''] = task.trim().split('\n');
  return [...line].slice(0, 80).join('');
}
