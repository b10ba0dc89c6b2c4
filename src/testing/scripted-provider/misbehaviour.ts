import type { ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';

/** The promises that a broken provider breaks. */
export interface Misbehaviour {
  /** Never says `agent_started`. */
  readonly skipAgentStarted?: boolean;
  /** Says `agent_started` twice. */
  readonly repeatAgentStarted?: boolean;
  /** Goes on yielding these events after it has returned its outcome. */
  readonly eventsAfterEnd?: readonly ProviderEvent[];
  /** Returned instead of the outcome. */
  readonly outcome?: { readonly value: unknown };
  /** Called once the run has settled, for example to ask the host about a tool. */
  readonly afterEnd?: (host: RunHost, request: RunRequest) => void;
}

/** Wraps a well-behaved run. */
export function misbehave(
  run: AsyncGenerator<ProviderEvent, RunOutcome, void>,
  how: Misbehaviour,
  request: RunRequest,
  host: RunHost,
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const late = [...(how.eventsAfterEnd ?? [])];
  let repeated: ProviderEvent | undefined;
  let done = false;

  const settle = (): void => {
    if (done) return;
    done = true;
    how.afterEnd?.(host, request);
  };
  const next = async (): Promise<IteratorResult<ProviderEvent, RunOutcome>> => {
    if (done) {
      const event = late.shift();
      return event === undefined ? run.next() : { done: false, value: event };
    }
    if (repeated !== undefined) {
      const value = repeated;
      repeated = undefined;
      return { done: false, value };
    }
    try {
      const item = await run.next();
      if (item.done === true) {
        settle();
        // Deliberately unchecked, like `emitRaw`.
        return how.outcome === undefined ? item : { done: true, value: how.outcome.value as RunOutcome };
      }
      if (item.value.type !== 'agent_started') return item;
      if (how.skipAgentStarted === true) return await next();
      if (how.repeatAgentStarted === true) repeated = item.value;
      return item;
    } catch (thrown) {
      settle();
      throw thrown;
    }
  };
  return {
    next,
    return: (value) => run.return(value),
    throw: (error) => run.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  };
}
