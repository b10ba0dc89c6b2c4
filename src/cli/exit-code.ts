import type { AsmError } from '../domain/error.ts';
import type { RunResult } from '../manager/run-result.ts';

/** What the `asm` command tells its caller by its exit code. The docs' table is this list. */
export const exitCodes = {
  success: 0,
  runFailed: 1,
  usage: 2,
  notFound: 3,
  storage: 4,
  agent: 5,
  internal: 70,
  output: 74,
  /** Of sysexits.h, `EX_TEMPFAIL`: it is not done, and can be gone on with. */
  waiting: 75,
  timedOut: 124,
  cancelled: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOfError(error: AsmError): ExitCode {
  switch (error.code) {
    case 'cancelled':
      return exitCodes.cancelled;
    case 'timed_out':
    case 'idle_timeout':
    case 'run_stalled':
      return exitCodes.timedOut;
    case 'internal_error':
      return exitCodes.internal;
    default:
  }
  switch (error.category) {
    case 'validation':
    case 'state':
      return exitCodes.usage;
    case 'resource':
      return exitCodes.notFound;
    case 'storage':
      return exitCodes.storage;
    case 'provider':
      return exitCodes.agent;
    default:
      return exitCodes.runFailed;
  }
}

export function exitCodeOfResult(result: RunResult): ExitCode {
  switch (result.status) {
    case 'completed':
      return exitCodes.success;
    case 'failed':
      if (result.error.code === 'run_stalled') return exitCodes.timedOut;
      return isOfAgent(result.error) ? exitCodes.agent : exitCodes.runFailed;
    case 'timed_out':
      return exitCodes.timedOut;
    case 'cancelled':
      return exitCodes.cancelled;
  }
}

/** True when the run failed because the agent isn't there, isn't signed in, or can't do what was asked. */
function isOfAgent(error: AsmError): boolean {
  switch (error.code) {
    case 'agent_not_installed':
    case 'dependency_not_available':
    case 'authentication_failed':
    case 'capability_not_supported':
    case 'missing_required_capability':
      return true;
    default:
      return false;
  }
}
