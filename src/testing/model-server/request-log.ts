import { AsmError, abortError } from '../../domain/error.ts';
import { systemClock, type Clock } from '../../domain/clock.ts';
import type { ModelRequest } from './model-request.ts';

/** Limits of what a log keeps; the oldest requests go first. */
export interface RequestLogLimits {
  /** Default 1,000. */
  readonly requests?: number;
  /** Sum of the bodies as sent. Default 64 MiB. The newest request is always kept. */
  readonly bytes?: number;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds. Default 30,000; then `timed_out`. */
  readonly timeout?: number;
}

/** The requests of a server, in their order, bounded. */
export interface RequestLog {
  readonly requests: readonly ModelRequest[];
  add(request: ModelRequest): void;
  /** Tells waiters that the state of a request changed. */
  changed(): void;
  /** Resolves with the first kept request, old or new, for which `predicate` holds. */
  wait(predicate: (request: ModelRequest) => boolean, options?: WaitOptions): Promise<ModelRequest>;
  /** Rejects all waits. */
  close(): void;
}

/** Makes an empty log. */
export function createRequestLog(limits: RequestLogLimits = {}, clock: Clock = systemClock): RequestLog {
  const maximumRequests = limits.requests ?? 1000;
  const maximumBytes = limits.bytes ?? 64 * 1024 * 1024;
  const requests: ModelRequest[] = [];
  const waiters = new Set<{ look(): void; fail(error: AsmError): void }>();
  let bytes = 0;

  return {
    requests,
    add(request) {
      requests.push(request);
      bytes += request.bodyBytes;
      while (requests.length > 1 && (requests.length > maximumRequests || bytes > maximumBytes)) {
        bytes -= requests.shift()?.bodyBytes ?? 0;
      }
      this.changed();
    },
    changed() {
      for (const waiter of [...waiters]) waiter.look();
    },
    wait(predicate, options = {}) {
      return new Promise((resolve, reject) => {
        const timeout = options.timeout ?? 30_000;
        const end = (): void => {
          waiters.delete(waiter);
          stopTimer();
          options.signal?.removeEventListener('abort', onAbort);
        };
        const waiter = {
          look(): void {
            try {
              const found = requests.find(predicate);
              if (found === undefined) return;
              end();
              resolve(found);
            } catch (thrown) {
              end();
              reject(thrown);
            }
          },
          fail(error: AsmError): void {
            end();
            reject(error);
          },
        };
        const onAbort = (): void => {
          if (options.signal !== undefined) waiter.fail(abortError(options.signal));
        };
        const stopTimer = clock.startTimer(timeout, () => {
          const seen = requests
            .map((request) => `${request.method} ${request.path} (${request.state})`)
            .slice(-5);
          const tail = seen.length === 0 ? 'there were no requests' : `the last requests: ${seen.join(', ')}`;
          waiter.fail(new AsmError('timed_out', `No request fitted within ${timeout} ms; ${tail}.`));
        });
        waiters.add(waiter);
        options.signal?.addEventListener('abort', onAbort);
        if (options.signal?.aborted === true) onAbort();
        else waiter.look();
      });
    },
    close() {
      for (const waiter of [...waiters]) {
        waiter.fail(new AsmError('cancelled', 'The model server was closed while a request was waited for.'));
      }
    },
  };
}
