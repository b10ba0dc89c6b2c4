import type { LogEvent } from '../domain/event.ts';

/** Counts the tool calls of a run that were refused for want of somebody who allows them. */
export class UnansweredCalls {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The same events, which are counted as they go by. */
  async *counted(events: AsyncIterable<LogEvent>): AsyncGenerator<LogEvent, void, void> {
    for await (const event of events) {
      const { type, data } = event;
      if (type === 'tool_call_decided' && data.decision === 'deny' && data.by === 'default') this.#count += 1;
      yield event;
    }
  }
}
