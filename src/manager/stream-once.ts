import type { LogEvent } from '../domain/event.ts';
import type { RunInput } from '../domain/message.ts';
import type { SessionManagerOptions } from './manager-options.ts';
import { endOneShot, startOneShot } from './one-shot-session.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunOptions } from './run-options.ts';
import type { RunResult } from './run-result.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

/** One run as a stream. Iterate it once or often; dispose it to stop the run and close what it opened. */
export interface OneShotStream extends AsyncIterable<LogEvent>, AsyncDisposable {
  readonly run: RunHandle;
  readonly result: Promise<RunResult>;
}

export type StreamOnceOptions<Native extends object = object> = RunOptions<Native> &
  (
    | { /** A manager to use; it stays open. */ readonly manager: SessionManager }
    | { /** What to open a manager with; it is closed at the end. */ readonly open: SessionManagerOptions }
  );

/**
 * Session and run in one call, read as a stream. What was opened for it is closed when the stream is
 * disposed; what was handed in stays as it is. The session is completed or failed as the run ended.
 */
export async function streamOnce<Native extends object = object>(
  input: RunInput,
  options: StreamOnceOptions<Native>,
): Promise<OneShotStream> {
  const { manager, owned, runOptions } = await takeManager<Native>(options);
  try {
    const session = await manager.createSession(
      typeof runOptions.provider === 'string' ? { provider: runOptions.provider } : {},
    );
    const run = await startOneShot(session, (made) => made.run<Native>(input, runOptions));
    let disposing: Promise<void> | undefined;
    const dispose = async (): Promise<void> => {
      try {
        await run[Symbol.asyncDispose]();
        await endOneShot(session, await run.result);
      } finally {
        if (owned) await manager.close();
      }
    };
    return {
      run,
      get result() {
        return run.result;
      },
      [Symbol.asyncIterator]: () => run[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: () => {
        disposing ??= dispose();
        return disposing;
      },
    };
  } catch (thrown) {
    if (owned) await manager.close();
    throw thrown;
  }
}

async function takeManager<Native extends object>(
  options: StreamOnceOptions<Native>,
): Promise<{
  readonly manager: SessionManager;
  readonly owned: boolean;
  readonly runOptions: RunOptions<Native>;
}> {
  if ('manager' in options) {
    const { manager, ...runOptions } = options;
    return { manager, owned: false, runOptions };
  }
  const { open, ...runOptions } = options;
  return { manager: await createSessionManager(open), owned: true, runOptions };
}
