import { describe, expect, it } from 'vitest';
import { actingStore, type ActingStore } from '../../test/manager/acting-store.ts';
import { checkLog, type SessionLog } from '../../test/manager/log-check.ts';
import { isAsmError } from '../domain/error.ts';
import { isTerminalRunEvent } from '../domain/event.ts';
import type { Provider } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock, type TestClock } from '../testing/deterministic-clock.ts';
import { createTestIds } from '../testing/deterministic-ids.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { RunResult } from './run-result.ts';
import type { SessionHandle } from './session-handle.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

const lease = 15_000;

/** Two managers on one store, of which the first executes one run; the test acts at its calls. */
interface Room {
  readonly acting: ActingStore;
  readonly inner: SessionStore;
  readonly manager: SessionManager;
  readonly other: SessionManager;
  readonly session: SessionHandle;
  /** The session in the other manager. */
  readonly elsewhere: SessionHandle;
  readonly clock: TestClock;
  readonly otherClock: TestClock;
  /** Decides when leases run out, and nothing else. */
  readonly storeClock: TestClock;
  readonly caller: AbortController;
  /** Agents that were started and have not ended. */
  agents(): number;
}

async function openRoom(): Promise<Room> {
  const clock = createTestClock();
  const storeClock = createTestClock();
  const inner = memoryStore({ clock: storeClock });
  const acting = actingStore(inner);
  const agents = { alive: 0 };
  const providers = [watched(agents)];
  const otherClock = createTestClock();
  const ids = createTestIds();
  const keepOpen = true;
  const manager = await createSessionManager({ store: acting.store, providers, clock, ids, keepOpen });
  const other = await createSessionManager({ store: inner, providers: [], clock: otherClock, keepOpen });
  const session = await manager.createSession();
  const elsewhere = await other.getSession(session.id);
  const caller = new AbortController();
  return {
    acting,
    inner,
    manager,
    other,
    session,
    elsewhere,
    clock,
    otherClock,
    storeClock,
    caller,
    agents: () => agents.alive,
  };
}

async function closeRoom(room: Room): Promise<void> {
  await room.manager.close();
  await room.other.close();
  await room.inner[Symbol.asyncDispose]();
}

/** Text, a question, a tool, usage: every kind of wait that a run has. */
function watched(agents: { alive: number }): Provider {
  const provider = scriptedProvider([
    { say: 'I look.', chunks: 2 },
    {
      tool: { name: 'Bash', tool: 'bash', kind: 'execute', input: { command: 'ls' }, command: 'ls' },
      output: [{ stream: 'stdout', text: 'README.md' }],
      result: { output: 'README.md' },
    },
    { usage: { inputTokens: 10, outputTokens: 2 } },
    { say: 'Done.', chunks: 1 },
  ]);
  return {
    ...provider,
    async *run(request, host) {
      agents.alive++;
      try {
        return yield* provider.run(request, host);
      } finally {
        agents.alive--;
      }
    },
  };
}

type Start = 'session.run' | 'executeRun';

/** Runs the run; gives how it ended, or what the caller was told instead. */
async function runOnce(room: Room, start: Start): Promise<RunResult | { readonly refused: string }> {
  const options = {
    signal: room.caller.signal,
    authorize: async () => {
      // One more moment: a caller that thinks.
      await Promise.resolve();
      return { decision: 'allow' } as const;
    },
  };
  try {
    const run =
      start === 'session.run'
        ? await room.session.run('go', options)
        : await room.manager.executeRun('run_00000001', options);
    return await run.result;
  } catch (thrown) {
    if (isAsmError(thrown)) return { refused: thrown.code };
    throw thrown;
  }
}

interface Act {
  readonly name: string;
  /** What happens at the moment; what it gives is awaited at the end. */
  readonly act: (room: Room) => Promise<unknown>;
  /** How the run may end, or what the caller may be told. */
  readonly ends: readonly string[];
}

const theRun = 'run_00000001';
/** Refused with one of our errors is fine: the run may not be there yet, or not be there any more. */
const orRefused = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.catch((thrown: unknown) => {
    if (!isAsmError(thrown) || thrown.category === 'runtime') throw thrown;
  });

const acts: readonly Act[] = [
  {
    name: 'it is cancelled by another manager',
    act: async ({ other }) => await orRefused(other.getRun(theRun).then((run) => run.cancel('enough'))),
    ends: ['completed', 'cancelled', 'refused invalid_transition', 'refused run_already_executing'],
  },
  {
    name: 'it is interrupted by another manager',
    act: async ({ other }) => await orRefused(other.getRun(theRun).then((run) => run.interrupt())),
    ends: ['completed'],
  },
  {
    name: 'it is steered by another manager',
    act: async ({ other }) => await orRefused(other.getRun(theRun).then((run) => run.steer('left'))),
    ends: ['completed'],
  },
  {
    name: 'its signal aborts',
    act: async ({ caller }) => caller.abort(),
    ends: ['completed', 'cancelled'],
  },
  {
    name: 'its manager is closed',
    act: ({ manager }) => manager.close(),
    ends: ['completed', 'cancelled', 'refused store_closed'],
  },
  {
    name: 'its session is completed',
    act: ({ elsewhere }) => orRefused(elsewhere.complete()),
    ends: ['completed', 'refused invalid_transition'],
  },
  {
    name: 'its session is cancelled',
    act: ({ elsewhere }) => orRefused(elsewhere.cancel('over')),
    ends: ['completed', 'cancelled', 'refused invalid_transition', 'refused run_already_executing'],
  },
  {
    name: 'its session is paused',
    act: ({ elsewhere }) => orRefused(elsewhere.pause()),
    ends: ['completed', 'refused invalid_transition'],
  },
];

/** Lets what is in nobody's hands come to its end: answers that were given to no one, late events. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

async function prepare(room: Room, start: Start): Promise<void> {
  if (start === 'executeRun') await room.manager.startRun(room.session.id, 'go');
  else await room.session.activate();
}

/** How many calls to the store the run makes when nothing happens. */
async function countCalls(start: Start): Promise<number> {
  const room = await openRoom();
  await prepare(room, start);
  const before = room.acting.calls;
  expect(await runOnce(room, start)).toMatchObject({ status: 'completed' });
  await settle();
  return room.acting.calls - before;
}

/** Nothing that the run used is still there. */
async function checkLeft(room: Room): Promise<void> {
  await settle();
  expect(room.agents()).toBe(0);
  expect(room.clock.pendingTimers).toBe(0);
}

function endOf(result: RunResult | { readonly refused: string }): string {
  return 'refused' in result ? `refused ${result.refused}` : result.status;
}

/** Nothing was written for the run after its end. */
function expectLastWord({ events }: SessionLog): void {
  const own = events.filter((event) => event.runId === theRun);
  if (own.some(isTerminalRunEvent)) expect(own.findIndex(isTerminalRunEvent)).toBe(own.length - 1);
}

describe.each<Start>(['session.run', 'executeRun'])('at every moment of a run by %s', (start) => {
  it.each(acts)('$name: one start, one end, and all are told', async ({ act, ends }) => {
    const calls = await countCalls(start);
    expect(calls).toBeGreaterThan(6);
    for (let call = 1; call <= calls; call++) {
      const room = await openRoom();
      await prepare(room, start);
      let acted: Promise<unknown> | undefined;
      room.acting.actAt(call, () => {
        acted = act(room);
      });
      const end = endOf(await runOnce(room, start));
      let done = false;
      const finish = acted?.then(() => (done = true));
      // The other manager looks again after a while, whether anybody is still there.
      for (await settle(); acted !== undefined && !done; await settle()) room.otherClock.advance(lease);
      await finish;
      expect(ends, `at call ${call}, ${room.acting.names.at(call - 1)}`).toContain(end);
      await checkLeft(room);
      // A run that was never started stays pending, for somebody to execute.
      const { runs } = await checkLog(room.inner, room.session.id, { settled: false });
      for (const run of runs) expect(run.status).not.toBe('running');
      await closeRoom(room);
    }
  });

  it.each(['once', 'for good'])('the store fails %s: recovery writes what is missing', async (how) => {
    const calls = await countCalls(start);
    for (let call = 1; call <= calls; call++) {
      const room = await openRoom();
      await prepare(room, start);
      room.acting.actAt(call, () => {
        room.acting.fail();
        if (how === 'once') room.acting.actAt(1, () => room.acting.fail(false));
      });
      const end = endOf(await runOnce(room, start));
      // `failed`: the log could not be read when the agent was to be told what went before.
      expect(['completed', 'failed', 'refused storage_unavailable'], `at call ${call}`).toContain(end);
      await checkLeft(room);
      const before = await checkLog(room.inner, room.session.id, { settled: false });
      room.storeClock.advance(lease + 1);
      const recovered = await room.other.recover();
      const open = before.runs.filter((run) => run.status === 'running');
      expect(recovered.map((run) => run.id)).toEqual(open.map((run) => run.id));
      for (const run of recovered)
        expect(run).toMatchObject({ status: 'failed', error: { code: 'run_abandoned' } });
      expect(await room.other.recover()).toEqual([]);
      const log = await checkLog(room.inner, room.session.id, { settled: false });
      for (const run of log.runs) expect(run.status).not.toBe('running');
      expectLastWord(log);
      room.acting.fail(false);
      await closeRoom(room);
    }
  });

  it('another manager takes the run over: who lost it writes nothing more', async () => {
    const calls = await countCalls(start);
    const seen = new Set<string>();
    for (let call = 1; call <= calls; call++) {
      const room = await openRoom();
      await prepare(room, start);
      let after: SessionLog | undefined;
      room.acting.actAt(call, async () => {
        room.storeClock.advance(lease + 1);
        const [taken] = await room.other.recover();
        if (taken !== undefined) after = await checkLog(room.inner, room.session.id);
      });
      const end = endOf(await runOnce(room, start));
      seen.add(end);
      await checkLeft(room);
      const log = await checkLog(room.inner, room.session.id);
      if (after === undefined) {
        expect(end, `at call ${call}`).toBe('completed');
      } else {
        expect(end, `at call ${call}`).toBe('refused lease_lost');
        expect(log).toEqual(after);
        expect(log.runs[0]).toMatchObject({ status: 'failed', error: { code: 'run_abandoned' } });
      }
      await closeRoom(room);
    }
    expect(seen).toEqual(new Set(['completed', 'refused lease_lost']));
  });
});
