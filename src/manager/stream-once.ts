import type { LogEvent } from '../domain/event.ts';
import type { RunInput } from '../domain/message.ts';
import { isAsmError } from '../domain/error.ts';
import type { SessionManagerOptions } from './manager-options.ts';
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
    const run = await session.run<Native>(input, runOptions);
    return {
      run,
      get result() {
        return run.result;
      },
      [Symbol.asyncIterator]: () => run[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: async () => {
        await run[Symbol.asyncDispose]();
        const result = await run.result;
        try {
          if (result.status === 'failed' || result.status === 'timed_out') await session.fail(result.error);
          else await session.complete();
        } catch (thrown) {
          // The caller may have ended the session already, or started another run in it.
          if (!isAsmError(thrown) || thrown.category !== 'state') throw thrown;
        } finally {
          if (owned) await manager.close();
        }
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
