import { errorCodes, type ErrorCode, type Recovery, type ErrorCategory } from './error-code.ts';
import { toJson, type JsonObject } from './json.ts';

/** What a provider knows about a failure beyond its code. Texts are bounded and may be hostile. */
export interface ProviderFailure {
  /** Name of the provider, such as `claude`. */
  readonly provider: string;
  /** The provider's own word for the failure, such as `overloaded` or `max_turns`. */
  readonly kind: string;
  /** HTTP status of the model service, where there was one. */
  readonly status?: number;
  /** Exit code of the agent process; absent when a signal ended it. */
  readonly exitCode?: number;
  /** Signal that ended the agent process, such as `SIGKILL`. */
  readonly signal?: string;
  /** The end of what the agent wrote to its standard error; at most 16 KiB. */
  readonly stderr?: string;
  /** Wall time in milliseconds since 1970 from which on a retry can work. */
  readonly retryAt?: number;
}

export interface AsmErrorOptions {
  readonly cause?: unknown;
  /** Facts for machines: ids, limits, names; `setting`, the option that decides about it. Never secrets. */
  readonly details?: JsonObject;
  readonly provider?: ProviderFailure;
}

/** An `AsmError` as data: what events, rows and machine-readable output hold. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly recovery: Recovery;
  readonly details?: JsonObject;
  readonly provider?: ProviderFailure;
}

const marker = Symbol.for('agent-session-manager.error');

/**
 * The one error of this library. `code` is stable and from a closed list; the message is for a
 * person: what was wrong, where, and what to do next.
 */
export class AsmError extends Error {
  override readonly name = 'AsmError';
  readonly code: ErrorCode;
  readonly details: JsonObject | undefined;
  readonly provider: ProviderFailure | undefined;
  readonly [marker] = true;

  constructor(code: ErrorCode, message: string, options: AsmErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.provider = options.provider;
  }

  get category(): ErrorCategory {
    return errorCodes[this.code].category;
  }

  /** True when the same call can work later without a change by the caller. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  /** What a caller should do about it. */
  get recovery(): Recovery {
    return errorCodes[this.code].recovery;
  }

  toJSON(): ErrorRecord {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      recovery: this.recovery,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.provider === undefined ? {} : { provider: this.provider }),
    };
  }
}

/** Recognises an `AsmError` also when it comes from another copy of this package. */
export function isAsmError(value: unknown): value is AsmError {
  return value instanceof Error && marker in value;
}

/** True for an `AsmError` with this code. */
export function hasErrorCode(thrown: unknown, code: ErrorCode): thrown is AsmError {
  return isAsmError(thrown) && thrown.code === code;
}

/** Makes an `AsmError` of anything thrown; what isn't one already becomes `internal_error`. */
export function asAsmError(thrown: unknown): AsmError {
  if (isAsmError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : describeThrown(thrown);
  return new AsmError('internal_error', `Unexpected failure: ${message}`, { cause: thrown });
}

/** Makes the error again from its record, for example to throw it in another process. */
export function errorFromRecord(record: ErrorRecord): AsmError {
  return new AsmError(record.code, record.message, {
    ...(record.details === undefined ? {} : { details: record.details }),
    ...(record.provider === undefined ? {} : { provider: record.provider }),
  });
}

/**
 * The reason for which whatever still belongs to a run is let go when it has ended. One for all runs: making an
 * error takes longer than the rest of a short run's end.
 */
export function runOver(): AsmError {
  runOverReason ??= new AsmError('cancelled', 'The run has ended.');
  return runOverReason;
}

let runOverReason: AsmError | undefined;

/** The reason of an aborted signal as an error with code `cancelled`; an `AsmError` reason is kept. */
export function abortError(signal: AbortSignal): AsmError {
  if (isAsmError(signal.reason)) return signal.reason;
  return new AsmError('cancelled', 'The operation was aborted by its signal.', {
    cause: signal.reason,
  });
}

function describeThrown(thrown: unknown): string {
  const json = toJson(thrown);
  return typeof json === 'object' ? JSON.stringify(json) : String(json);
}
