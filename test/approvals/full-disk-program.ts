/**
 * Meets a disk that is full when something is asked, decided, done and queued; prints what happened as JSON. The last
 * argument is a folder that is a small file system of its own, or, where that can't be, any folder.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isAsmError } from '../../src/domain/error.ts';
import { isTerminalRun, type Run } from '../../src/domain/run.ts';
import type { RunHandle } from '../../src/manager/run-handle.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer } from '../../src/runtime/session-server.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { addSession, sampleEvent, sessionId } from '../../src/testing/store-contract/sample-rows.ts';
import type { StepList } from '../../src/testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { actingStore } from '../manager/acting-store.ts';

const [, , place = ''] = process.argv;
/** Where nothing is mounted, as in a folder of others, the files of this process are limited instead. */
const disk = statSync(place).dev === statSync(join(place, '..')).dev ? 'limit' : 'mount';
const ballast = join(place, 'ballast');
const inner = await sqliteStore(join(place, 'sessions.db'));
const acting = actingStore(inner);
const junk = sessionId('junk');
await addSession(inner, 'junk');

/** Takes all the space: also what the store had left in its own files. */
async function fill(): Promise<void> {
  if (disk === 'limit') {
    limitFiles('1');
    return;
  }
  const file = openSync(ballast, 'w');
  for (const size of [65_536, 4_096]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Then less, until nothing more fits.
    }
  }
  closeSync(file);
  for (let failures = 0; failures < 3;) {
    await inner.commit({ sessionId: junk, events: [sampleEvent('x')] }).catch(() => failures++);
  }
}

function empty(): void {
  if (disk === 'limit') limitFiles('unlimited');
  else rmSync(ballast);
}

/** The most that this process may write into a file. */
function limitFiles(size: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${size}:unlimited`]);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'none',
    (thrown: unknown) => (isAsmError(thrown) ? thrown.code : String(thrown)),
  );
}

/** What the tools of the agents got. */
const ran: string[] = [];

/** A manager whose agent makes one call, after `before`. */
async function open(name: string, lease: number, before: () => Promise<void> | void = () => undefined) {
  const script = (): StepList => [
    { call: async () => await before() },
    {
      tool: { name: 'Bash', tool: 'bash', kind: 'execute', input: { command: name }, command: name },
      result: () => {
        ran.push(name);
        return { output: '' };
      },
    },
    { say: 'Done.' },
  ];
  return await createSessionManager({
    store: acting.store,
    providers: [scriptedProvider(script, { name })],
    approvals: {},
    times: { lease },
    keepOpen: true,
  });
}

const long = 10 * 60_000;
const short = 1_000;

async function start(manager: SessionManager): Promise<RunHandle> {
  const session = await manager.createSession({ cwd: '/tmp' });
  return await session.run('go', { detached: true });
}

async function pending(manager: SessionManager, run: RunHandle): Promise<string> {
  for (;;) {
    const { rows } = await manager.approvals.list({ status: ['pending'], sessionId: run.sessionId });
    const [first] = rows;
    if (first !== undefined) return first.id;
    await new Promise(setImmediate);
  }
}

/** Recovers until the run has ended. */
async function ended(manager: SessionManager, run: RunHandle): Promise<Run> {
  for (;;) {
    await manager.recover();
    const row = await run.read();
    if (isTerminalRun(row.status)) return row;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What has to hold for every log. */
async function facts({ id, sessionId: session }: Pick<RunHandle, 'id' | 'sessionId'>): Promise<object> {
  const { events } = await inner.events({ sessionId: session, limit: 1_000 });
  const own = events.filter(({ runId }) => runId === id).map(({ type }) => type);
  return {
    isWhole: events.every(({ seq }, index) => seq === index + 1),
    starts: own.filter((type) => type === 'run_started').length,
    ends: own.filter((type) => /^run_(completed|failed|cancelled|timed_out)$/.test(type)).length,
    decided: own.filter((type) => type === 'tool_call_decided').length,
  };
}

async function told(manager: SessionManager, run: RunHandle): Promise<object> {
  const { rows } = await manager.approvals.list({ sessionId: run.sessionId });
  const { status, error } = await run.read();
  return {
    ...{ status, code: error?.code },
    approvals: rows.map((row) => `${row.status}${row.spentAt === undefined ? '' : ' spent'}`),
    ...(await facts(run)),
  };
}

/** The disk is full when the question is to be stored. */
async function asking(): Promise<object> {
  await using manager = await open('asking', short, fill);
  const run = await start(manager);
  const result = await codeOf(run.result);
  empty();
  await using other = await open('other', short);
  await ended(other, run);
  return { result, ...(await told(other, run)) };
}

/** The disk is full when a person decides; with new space they decide again. */
async function deciding(): Promise<object> {
  await using manager = await open('deciding', long);
  const run = await start(manager);
  const id = await pending(manager, run);
  await fill();
  const decide = async (): Promise<string> =>
    await codeOf(manager.approvals.decide(id, { as: 'allow_session' }));
  const decided = [await decide(), await decide()];
  const { status } = await manager.approvals.get(id);
  empty();
  decided.push(await decide());
  await run.result;
  await fill();
  const revoked = await codeOf(manager.approvals.revoke(id));
  empty();
  return {
    decided,
    status,
    revoked,
    grants: (await manager.approvals.grants()).rows.length,
    told: await told(manager, run),
  };
}

/** The disk is full when what was decided is to be given to the agent. */
async function spending(): Promise<object> {
  await using manager = await open('spending', short);
  const run = await start(manager);
  const id = await pending(manager, run);
  acting.afterNext('commit', fill);
  const decided = await codeOf(manager.approvals.decide(id, { as: 'allow' }));
  const result = await codeOf(run.result);
  const before = ran.filter((name) => name === 'spending').length;
  empty();
  // The same agent, which still has its conversation.
  const left = await ended(manager, run);
  return { decided, result, before, status: left.status, told: await told(manager, run) };
}

/** The disk is full when runs are queued, and when one ends and the next is to start. */
async function queueing(): Promise<object> {
  const tasks: string[] = [];
  const release = Promise.withResolvers<void>();
  const provider = scriptedProvider(
    ({ history }) => {
      const task = history.at(-1) ?? '';
      tasks.push(task);
      return [{ call: async () => (task === 'first' ? await release.promise : undefined) }, { say: task }];
    },
    { name: 'queueing' },
  );
  await using manager = await createSessionManager({
    store: acting.store,
    providers: [provider],
    times: { lease: short },
    keepOpen: true,
  });
  await using server = await createSessionServer(manager, { session: {} });
  await fill();
  const refused = await codeOf(server.submitRun('refused', { key: 'once' }));
  const { queued } = await server.status();
  empty();
  await server.executeRun('again');
  // The same again, since nobody knows what became of it: it runs once.
  await server.executeRun('refused', { key: 'once' });
  await server.executeRun('refused', { key: 'once' });
  const first = await server.submitRun('first');
  const second = await server.submitRun('second');
  // Only one that has started can end.
  while (!tasks.includes('first')) await new Promise(setImmediate);
  await fill();
  release.resolve();
  const handle = await server.getRun(first.id);
  const result = await codeOf(handle.result);
  empty();
  await ended(manager, handle);
  const { status } = await server.awaitRun(second.id);
  await server.drain();
  const log = [await facts(handle), await facts(await server.getRun(second.id))];
  return {
    ...{ refused, queued: queued.length, result, second: status, tasks, log },
    first: (await handle.read()).status,
  };
}

const met = {
  asking: await asking(),
  deciding: await deciding(),
  spending: await spending(),
  queueing: await queueing(),
  ran,
};
await inner[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify(met));
