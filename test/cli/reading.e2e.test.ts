import { mkdir, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { beforeAll, afterAll, expect, test } from 'vitest';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { announced } from './asm-log.ts';
import { documents, openAsmRoom, type AsmRoom } from './asm-room.ts';

/** One home with three sessions, which the tests only read. */
let room: AsmRoom;
let failed: { readonly session: string; readonly run: string };
let done: { readonly session: string; readonly run: string };

beforeAll(async () => {
  room = await openAsmRoom([{ text: 'It is blue.' }]);
  const cancelled = announced((await room.asm(['run', '-p', 'shell', 'echo first'])).errors);
  await room.asm(['cancel', cancelled.session, '--reason', 'no longer needed']);
  failed = announced((await room.asm(['run', '-p', 'shell', 'ls', 'nothing here'])).errors);
  done = announced((await room.asm(['run', 'What colour', 'is it?'])).errors);
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

test('sessions lists the newest first, as a table or as JSON, and filters by status', async () => {
  const { code, output, errors } = await room.asm(['sessions']);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const [title, first, second, third, ...rest] = output.trimEnd().split('\n');
  expect(title).toMatch(/^SESSION +STATUS +PROVIDER +CREATED +TITLE +FOLDER$/);
  expect(first).toMatch(
    new RegExp(`^${done.session} +active +claude +.* ago +What colour is it\\? +${room.cwd}$`),
  );
  expect(second).toMatch(/active +shell .* ls nothing here/);
  expect(third).toMatch(/cancelled +shell .* echo first/);
  expect(rest).toEqual([]);
  const rows = documents((await room.asm(['sessions', '--json'])).output);
  expect(rows.map((row) => row['status'])).toEqual(['active', 'active', 'cancelled']);
  const filtered = await room.asm([
    'sessions',
    '--json',
    '--status',
    'cancelled,failed',
    '--status',
    'paused',
  ]);
  expect(documents(filtered.output).map((row) => row['title'])).toEqual(['echo first']);
  expect(await room.asm(['sessions', '--status', 'paused'])).toMatchObject({
    code: 0,
    output: 'No session is paused.\n',
  });
});

test('sessions --limit says beside the list how to see more', async () => {
  const { output, errors } = await room.asm(['sessions', '--limit', '1']);
  expect(output.trimEnd().split('\n')).toHaveLength(2);
  expect(errors).toBe('More: asm sessions --limit 2\n');
});

test('show describes a session with its runs, and a run with its output or its error', async () => {
  const session = await room.asm(['show', done.session]);
  expect(session.output).toMatch(/^title +What colour is it\?$/m);
  expect(session.output).toMatch(
    new RegExp(`^${done.run} +completed +claude +1050 +\\$[\\d.]+ +[\\d.]+m?s +What`, 'm'),
  );
  const run = await room.asm(['show', done.run]);
  expect(run.output).toMatch(/^status +completed$[^]*^\nIt is blue\.\n$/m);
  expect((await room.asm(['show', failed.run])).output).toMatch(
    /^error +.*exit code 2.* \[command_failed\]$/m,
  );
  const [document] = documents((await room.asm(['show', failed.session, '--json'])).output);
  expect(document).toMatchObject({
    id: failed.session,
    runs: [{ id: failed.run, status: 'failed', error: { code: 'command_failed' } }],
  });
  expect(documents((await room.asm(['show', failed.run, '--json'])).output)).toMatchObject([
    { id: failed.run },
  ]);
});

test('events pages through the log from a cursor, by type and up to a limit', async () => {
  const all = documents((await room.asm(['events', done.session, '--json'])).output);
  expect(all.map((event) => event['seq'])).toEqual(all.map((_, index) => index + 1));
  const after = documents((await room.asm(['events', done.session, '--json', '--after', '3'])).output);
  expect(after).toEqual(all.slice(3));
  const types = ['--type', 'run_started,agent_started', '-t', 'run_completed'];
  const some = documents((await room.asm(['events', ...types, done.run, '--json'])).output);
  expect(some.map((event) => event['type'])).toEqual(['run_started', 'agent_started', 'run_completed']);
  const two = documents((await room.asm(['events', done.run, '--json', '--limit', '2'])).output);
  expect(two.map((event) => event['type'])).toEqual(['run_created', 'run_started']);
  expect((await room.asm(['events', done.run])).output).toMatch(/^\[run_started\] provider=claude/m);
  expect((await room.asm(['events', done.run, '--render', 'studio'])).output).toContain('It is blue.');
});

test('what the log does not have is said with the nearest name', async () => {
  const { code, errors } = await room.asm(['events', done.run, '--type', 'run_startet']);
  expect(code).toBe(2);
  expect(errors).toContain('Did you mean "run_started"?');
  expect((await room.asm(['sessions', '--status', 'actve'])).errors).toContain('Did you mean "active"?');
  expect((await room.asm(['events', done.run, '--after', '-1'])).code).toBe(2);
});

const commands = [['show'], ['events'], ['events', '--follow'], ['cancel']] as const;

test('an id that is not there is an error with its code, and no stack', async () => {
  const ids = [
    ['ses_none', 'session_not_found'],
    ['run_none', 'run_not_found'],
    ['nonsense', 'session_not_found'],
  ] as const;
  for (const words of commands) {
    for (const [id, code] of ids) {
      const told = await room.asm([...words, id]);
      expect(told).toMatchObject({ code: 3, output: '' });
      expect(told.errors).toMatch(new RegExp(`^error .*${id}.* \\[${code}\\]\n$`));
    }
    const json = await room.asm([...words, 'ses_none', '--json']);
    expect(json).toMatchObject({ code: 3, output: '' });
    expect(documents(json.errors)).toMatchObject([{ type: 'error', error: { code: 'session_not_found' } }]);
  }
});

test('a store that is not there, or has nothing in it, is no fault', async () => {
  const nowhere = join(room.home, 'nowhere.db');
  for (const words of [['sessions'], ...commands.map((words) => [...words, 'ses_none'])]) {
    const told = await room.asm([...words, '--store', nowhere]);
    expect(told).toMatchObject({ code: 3, output: '' });
    expect(told.errors).toContain(`There is no store at ${nowhere} yet.`);
    expect(told.errors).toContain('[store_not_found]');
  }
  const empty = join(room.home, 'empty.db');
  await (await sqliteStore(empty))[Symbol.asyncDispose]();
  const variable = { environment: { ASM_STORE: empty } };
  const people = await room.asm(['sessions'], variable);
  expect(people).toMatchObject({ code: 0, output: 'No session yet. Start one: asm run "…"\n' });
  expect(await room.asm(['sessions', '--json'], variable)).toMatchObject({ code: 0, output: '' });
});

test('a store that can not be opened is said with its code, also by doctor', async () => {
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
  for (const [store, code] of stores) {
    for (const words of [['sessions'], ['show', 'ses_none'], ['run', '-p', 'shell', 'true']]) {
      const told = await room.asm([...words, '--store', store]);
      expect(told).toMatchObject({ code: 4, output: '' });
      expect(told.errors).toMatch(new RegExp(`^error .* \\[${code}\\]\n$`));
    }
  }
  const doctor = await room.asm(['doctor', '--store', folder]);
  expect(doctor.code).toBe(4);
  expect(doctor.output).toContain('[storage_invalid]');
});

test('doctor tells which agents are ready', async () => {
  const { code, output, errors } = await room.asm(['doctor']);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(output).toMatch(/^ok +claude +\d+\.\d+\.\d+ +yes +\/.*claude$/m);
  expect(output).toMatch(new RegExp(`^store +${room.store}$`, 'm'));
  const [document] = documents((await room.asm(['doctor', '--json'])).output);
  expect(document).toMatchObject({ store: room.store });
  expect(document?.['providers']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        name: 'claude',
        agent: expect.objectContaining({ installed: true }),
        signedIn: 'yes',
      }),
      ...['codex', 'amp', 'shell'].map((name) => expect.objectContaining({ name })),
    ]),
  );
});

test('a relative XDG_STATE_HOME puts no store into the working folder', async () => {
  const told = await room.asm(['sessions', '--json'], { environment: { XDG_STATE_HOME: 'state' } });
  expect(documents(told.output)).toHaveLength(3);
});
