import { expect } from 'vitest';
import type { SessionManagerOptions } from '../../src/manager/manager-options.ts';
import type { CommonRunOptions } from '../../src/manager/run-options.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { Provider } from '../../src/ports/provider.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { createTestClock, type TestClock } from '../../src/testing/deterministic-clock.ts';
import { checkLog, waitForEvent } from './log-check.ts';

export const minute = 60_000;

/** A call of a shell tool that changes nothing. */
export const listCommand = {
  name: 'Bash',
  tool: 'bash',
  kind: 'execute',
  input: { command: 'ls' },
  command: 'ls',
} as const;

/** Starts a run on a clock that stands still. */
export async function startStill(
  makeProvider: (clock: TestClock) => Provider,
  options: CommonRunOptions = {},
  more: Partial<SessionManagerOptions> = {},
) {
  const clock = createTestClock();
  const store = memoryStore();
  const manager = await createSessionManager({
    store,
    providers: [makeProvider(clock)],
    clock,
    // The lease's renewals would be the only other timers that fire.
    times: { lease: 1_000 * minute },
    deltas: 'each',
    ...more,
  });
  const session = await manager.createSession();
  const run = await session.run('go', options);
  return {
    clock,
    run,
    /** Waits for the event, and for what the run does at once after it. */
    async reach(type: string): Promise<void> {
      await waitForEvent(run, type);
      await quiet();
    },
    async pass(milliseconds: number): Promise<void> {
      clock.advance(milliseconds);
      await quiet();
    },
    async isRunning(): Promise<boolean> {
      return (await run.read()).status === 'running';
    },
    async activity() {
      return (await run.read()).activity;
    },
    /** Waits for the end, and checks the log and that no timer is left. */
    async end() {
      const result = await run.result;
      const log = await checkLog(store, session.id);
      await quiet();
      expect(clock.pendingTimers).toBe(0);
      expect(log.runs[0]).not.toHaveProperty('activity');
      return { result, log, events: log.events };
    },
    [Symbol.asyncDispose]: () => manager.close(),
  };
}

/** Lets everything happen that waits for nothing. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}
