import { mkdir, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { beforeAll, afterAll, expect, test } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { shell } from '../../src/providers/shell/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { documents, openAsmRoom, type AsmRoom } from './asm-room.ts';

/** One home with three sessions, which the tests only read. */
let room: AsmRoom;
let failed: { readonly session: string; readonly run: string };
let done: { readonly session: string; readonly run: string };

beforeAll(async () => {
  room = await openAsmRoom();
  const agent = scriptedProvider(
    [
      {
        usage: { inputTokens: 1000, outputTokens: 50 },
        cost: { usd: '0.01', source: 'provider' },
      },
      { say: 'It is blue.' },
    ],
    { name: 'claude' },
  );
  await using manager = await createSessionManager({
    store: sqliteStore(room.store),
    providers: [shell(), agent],
  });
  const made = async (provider: string, title: string): Promise<typeof done> => {
    const session = await manager.createSession({ provider, cwd: room.cwd, title });
    const run = await session.run(title, { permissionMode: 'full_auto' });
    await run.result;
    return { session: session.id, run: run.id };
  };
  const cancelled = await made('shell', 'echo first');
  await (await manager.getSession(cancelled.session)).cancel('no longer needed');
  failed = await made('shell', 'ls nothing here');
  done = await made('claude', 'What colour is it?');
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

test('sessions lists the newest first, as a table or as JSON, and filters by status', async () => {
  const [table, json, filtered, none] = await room.each([
    ['sessions'],
    ['sessions', '--json'],
    ['sessions', '--json', '--status', 'cancelled,failed', '--status', 'paused'],
    ['sessions', '--status', 'paused'],
  ]);
  expect(table).toMatchObject({ code: 0, errors: '' });
  const [title, first, second, third, ...rest] = table?.output.trimEnd().split('\n') ?? [];
  expect(title).toMatch(/^SESSION +STATUS +PROVIDER +CREATED +TITLE +FOLDER$/);
  expect(first).toMatch(
    new RegExp(`^${done.session} +active +claude +.* ago +What colour is it\\? +${room.cwd}$`),
  );
  expect(second).toMatch(/active +shell .* ls nothing here/);
  expect(third).toMatch(/cancelled +shell .* echo first/);
  expect(rest).toEqual([]);
  expect(documents(json).map((row) => row['status'])).toEqual(['active', 'active', 'cancelled']);
  expect(documents(filtered).map((row) => row['title'])).toEqual(['echo first']);
  expect(none).toMatchObject({ code: 0, output: 'No session is paused.\n' });
});

test('sessions --limit says beside the list how to see more', async () => {
  const { output, errors } = await room.asm(['sessions', '--limit', '1']);
  expect(output.trimEnd().split('\n')).toHaveLength(2);
  expect(errors).toBe('More: asm sessions --limit 2\n');
});

test('show describes a session with its runs, and a run with its output or its error', async () => {
  const [session, run, failure, sessionJson, runJson] = await room.each([
    ['show', done.session],
    ['show', done.run],
    ['show', failed.run],
    ['show', failed.session, '--json'],
    ['show', failed.run, '--json'],
  ]);
  expect(session?.output).toMatch(/^title +What colour is it\?$/m);
  expect(session?.output).toMatch(
    new RegExp(`^${done.run} +completed +claude +1050 +\\$[\\d.]+ +[\\d.]+m?s +What`, 'm'),
  );
  expect(run?.output).toMatch(/^status +completed$[^]*^\nIt is blue\.\n$/m);
  expect(failure?.output).toMatch(/^error +.*exit code 2.* \[command_failed\]$/m);
  expect(documents(sessionJson)).toMatchObject([
    {
      id: failed.session,
      runs: [{ id: failed.run, status: 'failed', error: { code: 'command_failed' } }],
    },
  ]);
  expect(documents(runJson)).toMatchObject([{ id: failed.run }]);
});

test('events pages through the log from a cursor, by type and up to a limit', async () => {
  const types = ['--type', 'run_started,agent_started', '-t', 'run_completed'];
  const [all, after, some, two, verbose, studio, times, refused] = await room.each([
    ['events', done.session, '--json'],
    ['events', done.session, '--json', '--after', '3'],
    ['events', ...types, done.run, '--json'],
    ['events', done.run, '--json', '--limit', '2'],
    ['events', done.run],
    ['events', done.run, '--render', 'studio'],
    ['events', done.run, '--times', '--after', '3', '--limit', '1'],
    ['events', done.run, '--times', '--render', 'compact'],
  ]);
  const events = documents(all);
  expect(events.map((event) => event['seq'])).toEqual(events.map((_, index) => index + 1));
  expect(events.length).toBeGreaterThan(3);
  expect(documents(after)).toEqual(events.slice(3));
  expect(documents(some).map((event) => event['type'])).toEqual([
    'run_started',
    'agent_started',
    'run_completed',
  ]);
  expect(documents(two).map((event) => event['type'])).toEqual(['run_created', 'run_started']);
  expect(verbose?.output).toMatch(/^\[run_started\] provider=claude/m);
  expect(studio?.output).toContain('It is blue.');
  expect(times?.output).toMatch(new RegExp(`^4 ${String(events[3]?.['at'])} \\[run_started\\] provider`));
  expect(refused).toMatchObject({ code: 2, output: '' });
});

test('what the log does not have is said with the nearest name', async () => {
  const [type, status, after] = await room.each([
    ['events', done.run, '--type', 'run_startet'],
    ['sessions', '--status', 'actve'],
    ['events', done.run, '--after', '-1'],
  ]);
  expect(type?.code).toBe(2);
  expect(type?.errors).toContain('Did you mean "run_started"?');
  expect(status?.errors).toContain('Did you mean "active"?');
  expect(after?.code).toBe(2);
});

const commands = [['show'], ['events'], ['events', '--follow'], ['cancel']] as const;

test('an id that is not there is an error with its code, and no stack', async () => {
  const ids = [
    ['ses_none', 'session_not_found'],
    ['run_none', 'run_not_found'],
    ['nonsense', 'session_not_found'],
  ] as const;
  const wrong = commands.flatMap((words) => ids.map(([id, code]) => ({ words: [...words, id], id, code })));
  const ends = await room.each(wrong.map(({ words }) => words));
  for (const [index, { words, id, code }] of wrong.entries()) {
    expect({ words, ...ends[index] }).toMatchObject({ words, code: 3, output: '' });
    expect(ends[index]?.errors).toMatch(new RegExp(`^error .*${id}.* \\[${code}\\]\n$`));
  }
  for (const json of await room.each(commands.map((words) => [...words, 'ses_none', '--json']))) {
    expect(json).toMatchObject({ code: 3, output: '' });
    expect(documents(json.errors)).toMatchObject([{ type: 'error', error: { code: 'session_not_found' } }]);
  }
});

test('a store that is not there, or has nothing in it, is no fault', async () => {
  const nowhere = join(room.home, 'nowhere.db');
  const words = [['sessions'], ...commands.map((command) => [...command, 'ses_none'])];
  for (const told of await room.each(words.map((command) => [...command, '--store', nowhere]))) {
    expect(told).toMatchObject({ code: 3, output: '' });
    expect(told.errors).toContain(`There is no store at ${nowhere} yet.`);
    expect(told.errors).toContain('[store_not_found]');
  }
  const empty = join(room.home, 'empty.db');
  await (await sqliteStore(empty))[Symbol.asyncDispose]();
  const [people, json] = await room.each([['sessions'], ['sessions', '--json']], {
    environment: { ASM_STORE: empty },
  });
  expect(people).toMatchObject({ code: 0, output: 'No session yet. Start one: asm run "…"\n' });
  expect(json).toMatchObject({ code: 0, output: '' });
});

test('a store that can not be opened is said with its code', async () => {
  const folder = join(room.home, 'folder');
  await mkdir(folder);
  const garbage = join(room.home, 'garbage.db');
  await writeFile(garbage, 'This is not a database, however long it may be. '.repeat(100));
  const newer = join(room.home, 'newer.db');
  await (await sqliteStore(newer))[Symbol.asyncDispose]();
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 1000');
  database.close();
  const stores = [
    [folder, 'storage_invalid'],
    [garbage, 'storage_invalid'],
    [newer, 'storage_newer_schema'],
  ] as const;
  const ways = [['sessions'], ['show', 'ses_none'], ['run', '-p', 'shell', 'true']];
  const wrong = stores.flatMap(([store, code]) =>
    ways.map((words) => ({ words: [...words, '--store', store], code })),
  );
  const ends = await room.each(wrong.map(({ words }) => words));
  for (const [index, { words, code }] of wrong.entries()) {
    expect({ words, ...ends[index] }).toMatchObject({ words, code: 4, output: '' });
    expect(ends[index]?.errors).toMatch(new RegExp(`^error .* \\[${code}\\]\n$`));
  }
});

test('a relative XDG_STATE_HOME puts no store into the working folder', async () => {
  const told = await room.asm(['sessions', '--json'], { environment: { XDG_STATE_HOME: 'state' } });
  expect(documents(told)).toHaveLength(3);
});
