import { hasErrorCode } from '../../domain/error.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import type { RunHost } from '../../ports/provider.ts';

/** Asks the gate. One that fails is a no; a question that was taken back has no answer. */
export async function askGate(host: RunHost, call: ToolCall, signal: AbortSignal): Promise<Authorization> {
  try {
    return await host.authorize(call, { signal });
  } catch (thrown) {
    if (signal.aborted || host.signal.aborted || hasErrorCode(thrown, 'cancelled')) throw thrown;
    return { decision: 'deny', reason: 'The permission check failed.' };
  }
}

/** The decision about a call for which there is no way to run it with another input. */
export function withoutChange(authorization: Authorization): Authorization {
  return authorization.decision === 'allow' && authorization.changedInput !== undefined
    ? { decision: 'deny', reason: 'It was allowed only with another input, which Codex cannot take.' }
    : authorization;
}
