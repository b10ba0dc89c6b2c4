import type { AsmError } from '../../domain/error.ts';
import type { ErrorCode } from '../../domain/error-code.ts';
import type { ProviderEvent } from '../../ports/provider.ts';

/** Milliseconds that Codex may wait with its own retry unless told otherwise. */
export const defaultRetryWait = 120_000;

/** Failures for which a service says how long to wait. */
const announced: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'rate_limited',
  'quota_exceeded',
  'provider_overloaded',
]);

/** What tells nothing of an answer. */
const notices: ReadonlySet<ProviderEvent['type']> = new Set<ProviderEvent['type']>([
  'rate_limit_updated',
  'warning_raised',
  'unparsed',
]);

export interface RetryWaitOptions {
  readonly milliseconds: number;
  /** The failure for which Codex asks its model again, as that of a turn. */
  readonly failure: () => AsmError;
  readonly giveUp: (failure: AsmError) => void;
}

/**
 * Gives up on a model service that lets Codex wait. Codex waits with its retry for as long as the service says, be it
 * hours, and tells nobody how long that is; by then another attempt, perhaps at another provider, has long been made.
 */
export class RetryWait {
  readonly #options: RetryWaitOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RetryWaitOptions) {
    this.#options = options;
  }

  /** Takes what came of one message of Codex. */
  see(events: readonly ProviderEvent[]): void {
    for (const { type } of events) {
      if (notices.has(type)) continue;
      this.end();
      if (type === 'agent_retrying') this.#begin();
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #begin(): void {
    const { milliseconds, failure, giveUp } = this.#options;
    const error = failure();
    if (announced.has(error.code)) this.#timer = setTimeout(() => giveUp(error), milliseconds);
  }
}
