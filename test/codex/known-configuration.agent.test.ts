import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAsmError, type AsmError } from '../../src/domain/error.ts';
import { timeSortedIds } from '../../src/domain/id.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import type { Provider } from '../../src/ports/provider.ts';
import type { CodexNative } from '../../src/providers/codex/options.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { checkLog } from '../manager/log-check.ts';
import type { RoomRun } from '../agent/agent-room.ts';
import { speaker } from './app-server-stand-in.ts';
import { openCodexRoom, type CodexRoom } from './codex-room.ts';

const lastTurn = "await note('turn/completed', { turn: { ...turn, status: 'completed' } }); process.exit(0);";

const refusals = [
  '{"id":1,"error":{"code":-32600,"message":"too new a client"}}',
  '{"id":2,"error":{"code":-32600,"message":"Not initialized"}}',
] as const;

/** Refuses its greeting, and what comes after it. */
const refusing = [
  'while read -r line; do case "$line" in',
  `*'"id":1,'*) echo '${refusals[0]}' ;;`,
  `*'"id":2,'*) echo '${refusals[1]}' ;;`,
  'esac; done; exit',
].join('\n');

/** The same in one piece, once all has come that is said without waiting. */
const refusingAtOnce = `sleep 0.3; printf '%s\\n' '${refusals.join("' '")}'; cat >/dev/null; exit`;

let room: CodexRoom;
/** A program that works, unless this file says otherwise. */
let fault: string;
let executable: string;
/** One that has run with the configuration folder before. */
let known: Provider<CodexNative> & AsyncDisposable;

beforeAll(async () => {
  room = await openCodexRoom([]);
  fault = join(room.home, 'fault');
  const working = await speaker(room, lastTurn);
  executable = await room.standIn(`if [ -e '${fault}' ]; then . '${fault}'; fi\nexec '${working}'`);
  known = codex({ executable });
  // Without it, the program would have its database to make.
  await writeFile(join(room.home, '.codex', 'state_1.sqlite'), '');
  await room.run({ provider: known, request: { lastRun: true } }).outcome();
});

afterAll(async () => {
  await known[Symbol.asyncDispose]();
  await room[Symbol.asyncDispose]();
});

const resume = { handle: { id: 't-1', runId: timeSortedIds('run') }, fork: false };

async function failure(provider: Provider<CodexNative>, request: object): Promise<AsmError> {
  const run = room.run({ provider, request });
  const error = await run.outcome().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(run.events).toEqual([]);
  if (!isAsmError(error)) throw new Error(`No failure: ${String(error)}`);
  return error;
}

it.each([
  ['ends at its start', 'echo broken installation >&2; exit 7', 'agent_crashed'],
  ['is killed at its start', 'kill -9 $$', 'agent_crashed'],
  ['refuses the greeting', refusing, 'agent_protocol_error'],
  ['refuses the greeting and what follows in one piece', refusingAtOnce, 'agent_protocol_error'],
])('an agent that %s fails as where none has run before', async (_name, script, code) => {
  await writeFile(fault, script);
  for (const request of [{ lastRun: true }, { resume }]) {
    await using fresh = codex({ executable });
    const expected = await failure(fresh, request);
    const error = await failure(known, request);
    expect(error.code).toBe(code);
    expect(error.toJSON()).toEqual(expected.toJSON());
  }
  await rm(fault);
  await expect(room.run({ provider: known, request: { lastRun: true } }).outcome()).resolves.toMatchObject({
    status: 'completed',
  });
});

it('an agent is asked before it has answered its greeting', async () => {
  await writeFile(fault, 'for line in 1 2 3; do read -r asked; done; echo "$asked" >&2; exit 7');
  const error = await failure(known, { lastRun: true });
  expect(error.provider?.stderr).toContain('thread/start');
  await rm(fault);
});

it('an agent that hangs at its start, deaf to SIGTERM, is ended by a cancel', async () => {
  const begun = join(room.home, 'begun');
  await writeFile(fault, `trap '' TERM; touch '${begun}'; while true; do sleep 600; done`);
  const run = room.run({ provider: known, request: { lastRun: true } });
  await expect.poll(() => existsSync(begun)).toBe(true);
  run.host.cancel();
  await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
  await rm(fault);
});

it('a session goes on after a run whose agent ended at its start', async () => {
  const store = memoryStore();
  await using manager = await createSessionManager({ store, providers: [known] });
  const session = await manager.createSession({ provider: 'codex', cwd: room.cwd });
  await writeFile(fault, 'exit 7');
  const environment = { set: codexEnvironment(room.server, { home: room.home }) };
  const failed = await session.run('Go.', { environment });
  expect(await failed.result).toMatchObject({ status: 'failed', error: { code: 'agent_crashed' } });
  await rm(fault);
  expect(await (await session.run('Go on.', { environment })).result).toMatchObject({ status: 'completed' });
  await session.complete();
  const { runs } = await checkLog(store, session.id);
  expect(runs.map(({ status }) => status)).toEqual(['completed', 'failed']);
});

it('one that has its databases to make again is started again when it meets another one that makes them', async () => {
  await using own = await openCodexRoom(() => ({ text: 'fine' }));
  await using provider = codex();
  const run = (): RoomRun => own.run({ provider, request: { lastRun: true } });
  await run().outcome();
  const folder = join(own.home, '.codex');
  for (const name of await readdir(folder))
    if (name.includes('.sqlite')) await rm(join(folder, name), { force: true });
  for (const next of [run(), run(), run(), run()])
    await expect(next.outcome()).resolves.toMatchObject({ status: 'completed' });
  await rename(folder, `${folder}-away`);
  await expect(run().outcome()).rejects.toMatchObject({ code: 'agent_crashed', provider: { exitCode: 1 } });
  await rm(folder, { recursive: true, force: true });
  await rename(`${folder}-away`, folder);
  await expect(run().outcome()).resolves.toMatchObject({ status: 'completed' });
});
