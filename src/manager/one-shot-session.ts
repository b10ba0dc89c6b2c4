import { asAsmError, isAsmError } from '../domain/error.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunResult } from './run-result.ts';
import type { SessionHandle } from './session-handle.ts';

/** Starts the only run of a session; if that can't be, the session fails with the reason. */
export async function startOneShot(
  session: SessionHandle,
  start: (session: SessionHandle) => Promise<RunHandle>,
): Promise<RunHandle> {
  try {
    return await start(session);
  } catch (thrown) {
    // What keeps us from that is the same, or comes after it: the first reason is the caller's.
    await session.fail(asAsmError(thrown)).catch(() => undefined);
    throw thrown;
  }
}

/** Ends the session as its only run ended. */
export async function endOneShot(session: SessionHandle, result: RunResult): Promise<void> {
  try {
    if (result.status === 'failed' || result.status === 'timed_out') await session.fail(result.error);
    else await session.complete();
  } catch (thrown) {
    // The caller may have ended the session already, or started another run in it.
    if (!isAsmError(thrown) || thrown.category !== 'state') throw thrown;
  }
}
