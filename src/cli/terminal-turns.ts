import { setImmediate as nextTurn } from 'node:timers/promises';
import { orAborted } from '../domain/abort.ts';
import { systemClock } from '../domain/clock.ts';
import type { LogEvent } from '../domain/event.ts';
import { pause } from '../domain/pause.ts';

/** Milliseconds that a question waits for what led to it to be shown, as when nobody reads the output. */
const longestWait = 2_000;

/** Milliseconds in which what the agent said before its call may still arrive: the call overtakes it. */
const settling = 100;

/** Makes a run's output and the questions about its calls take turns at the terminal. */
export interface TerminalTurns {
  /** The same events; while a question is open, the next one waits. */
  shown(events: AsyncIterable<LogEvent>): AsyncIterable<LogEvent>;
  /**
   * Asks about a call once it was shown, with all that led to it, and lets nothing be written into the
   * question. One at a time. Aborting `signal` ends the wait; the question itself has to obey it, too.
   */
  ask<Answer>(toolCallId: string, signal: AbortSignal, question: () => Promise<Answer>): Promise<Answer>;
}

export function terminalTurns(): TerminalTurns {
  /** Calls that were shown and not decided so far. */
  const started = new Set<string>();
  let awaited: { readonly toolCallId: string; readonly shown: (is: boolean) => void } | undefined;
  let free: Promise<void> = Promise.resolve();

  const wasShown = (event: LogEvent): void => {
    if (event.type === 'tool_call_decided') started.delete(event.data.toolCallId);
    if (event.type !== 'tool_call_started') return;
    started.add(event.data.toolCallId);
    if (awaited?.toolCallId === event.data.toolCallId) awaited.shown(true);
  };
  const whenShown = async (toolCallId: string, signal: AbortSignal): Promise<void> => {
    const over = new AbortController();
    const shown = new Promise<boolean>((resolve) => {
      awaited = { toolCallId, shown: resolve };
    });
    const tooLate = pause(longestWait, over.signal, systemClock);
    await orAborted(Promise.race([shown, tooLate]), signal).finally(() => {
      over.abort();
      awaited = undefined;
    });
  };
  return {
    shown: async function* (events) {
      for await (const event of events) {
        await free;
        yield event;
        // The next one was asked for, so this one is with the terminal.
        wasShown(event);
      }
    },
    ask: async (toolCallId, signal, question) => {
      const turn = Promise.withResolvers<void>();
      try {
        if (!started.has(toolCallId)) await whenShown(toolCallId, signal);
        await pause(settling, signal, systemClock);
        signal.throwIfAborted();
        free = turn.promise;
        // What was rendered is written at the end of a turn of the event loop.
        await nextTurn();
        await nextTurn();
        return await question();
      } finally {
        turn.resolve();
      }
    },
  };
}
