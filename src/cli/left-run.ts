import { systemClock } from '../domain/clock.ts';
import type { LogEvent } from '../domain/event.ts';
import { pause } from '../domain/pause.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import { partsOf } from '../manager/manager-parts.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import { visibleText } from '../rendering/visible-text.ts';
import { quotedWord, storeWords } from './command-words.ts';
import type { SharedOptions } from './shared-options.ts';

/** Tries, and milliseconds between them, to end the agent for its question: it may still be speaking. */
const tries = 40;
const interval = 50;

/** A run that this process may leave while its question waits for a person. */
export interface LeavableRun {
  /** Ends the agent and leaves the run, where that can be: nothing goes on with it here. Else false. */
  leave(): Promise<boolean>;
  /** The run's events until its end, or until it was left. */
  events(): AsyncIterable<LogEvent>;
  /** Its row, once it was left and has not ended. */
  whenLeft(): Promise<Run | undefined>;
}

export function leavableRun(manager: SessionManager, run: RunHandle): LeavableRun {
  const { environment, operations } = partsOf(manager);
  const left = Promise.withResolvers<number>();
  let isLeft = false;
  /** Number of the run's last event, when nothing more is written here. */
  const lastSeq = async (): Promise<number> => {
    await operations.close();
    const { id: runId, sessionId } = run;
    const page = await environment.log.page({ sessionId, runId, order: 'descending', limit: 1 });
    return page.events[0]?.seq ?? 0;
  };
  return {
    leave: async () => {
      for (let tried = 0; tried < tries; tried++) {
        isLeft = operations.leave(run.id);
        if (isLeft) {
          // At once: an answer that comes now is for whoever resumes the run.
          left.resolve(lastSeq());
          return true;
        }
        if (!operations.mayLeave(run.id)) return false;
        await pause(interval, environment.log.closed, systemClock);
      }
      return false;
    },
    events: () => eventsUntil(run, left.promise),
    whenLeft: async () => {
      if (!isLeft) return undefined;
      const row = await run.read();
      return isTerminalRun(row.status) ? undefined : row;
    },
  };
}

async function* eventsUntil(run: RunHandle, left: Promise<number>): AsyncGenerator<LogEvent, void, void> {
  const over = new AbortController();
  let seen = 0;
  let last = Number.POSITIVE_INFINITY;
  const onLeft = (seq: number): void => {
    last = seq;
    if (seen >= seq) over.abort();
  };
  left.then(onLeft, () => over.abort());
  try {
    for await (const event of run.events({ signal: over.signal })) {
      seen = event.seq;
      yield event;
      if (event.seq >= last) return;
    }
  } catch (thrown) {
    if (!over.signal.aborted) throw thrown;
  }
}

/** With what the run was started, which is given again when it goes on. */
interface LeftOptions extends SharedOptions {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** How to go on with a run that was left, for a person. */
export function leftText({ id, parked }: Run, options: LeftOptions): string {
  const store = storeWords(options);
  if (parked === undefined) {
    return `${id} goes on in another process.\n  asm events${store} ${id} --follow`;
  }
  const { approvalId } = parked;
  const rules = (['allow', 'deny'] as const).flatMap((name) =>
    (options[name] ?? []).map((rule) => ` --${name} ${quotedWord(rule)}`),
  );
  return visibleText(
    [
      `${id} waits without its agent, until ${approvalId} is decided. To go on:`,
      `  asm approvals${store}`,
      `  asm approve${store} ${approvalId}     or: asm deny${store} ${approvalId}`,
      `  asm resume${store} ${id}${rules.join('')}`,
    ].join('\n'),
  );
}
