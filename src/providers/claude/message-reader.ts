import type { OutputValve } from './output-valve.ts';

/**
 * Reads the agent's messages one by one. The SDK keeps what it has read without a bound; so the valve is
 * opened only when nothing of it is left, which shows in that a message is waited for.
 */
export async function* readMessages(
  messages: AsyncIterator<unknown>,
  valve: OutputValve,
  first: Promise<IteratorResult<unknown>>,
): AsyncGenerator<unknown, void, void> {
  for (let coming = first; ; coming = messages.next()) {
    const waits = setImmediate(() => valve.open());
    const next = await coming.finally(() => clearImmediate(waits));
    if (next.done === true) return;
    yield next.value;
  }
}
