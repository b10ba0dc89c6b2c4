import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createOwnConfigurations } from './own-configuration.ts';

/** A program, and its folder with a database, after it was asked once. */
async function openRoom() {
  const root = mkdtempSync(join(tmpdir(), 'asm-known-'));
  const [program, home] = [join(root, 'codex'), join(root, 'home')];
  const database = join(home, 'state_5.sqlite');
  mkdirSync(home);
  writeFileSync(program, 'version 1');
  writeFileSync(database, 'made');
  const own = createOwnConfigurations();
  const environment = { CODEX_HOME: home };
  const ask = async (): Promise<void> => {
    const readConfiguration = () => Promise.resolve({ servers: [], hooks: [], keyVariables: [] });
    await own.of({ program, ownConfiguration: undefined, readConfiguration }, environment);
  };
  return {
    ...{ program, home, database, ask },
    isKnown: (path = program) => own.isKnown(path, environment),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

it('knows a folder once a program was asked there, whatever that writes into its databases', async () => {
  using room = await openRoom();
  expect(room.isKnown()).toBe(false);
  await room.ask();
  expect(room.isKnown()).toBe(true);
  writeFileSync(room.database, 'made, and written to');
  writeFileSync(join(room.home, 'logs_2.sqlite'), 'made later');
  expect(room.isKnown()).toBe(true);
});

it.each<[what: string, change: (room: Awaited<ReturnType<typeof openRoom>>) => void]>([
  ['whose database is gone', ({ database }) => rmSync(database)],
  [
    'with another database in its place',
    ({ database }) => {
      writeFileSync(`${database}-new`, 'made');
      renameSync(`${database}-new`, database);
    },
  ],
  ['that is gone', ({ home }) => rmSync(home, { recursive: true })],
  ['in which another version has run', ({ program }) => writeFileSync(program, 'version 1.1')],
])('does not know a folder %s', async (_what, change) => {
  using room = await openRoom();
  await room.ask();
  change(room);
  expect(room.isKnown()).toBe(false);
});

it('does not know a folder for another program, nor one whose databases are elsewhere', async () => {
  using room = await openRoom();
  rmSync(room.database);
  await room.ask();
  expect(room.isKnown()).toBe(false);
  using other = await openRoom();
  await other.ask();
  expect(other.isKnown('/nowhere/codex')).toBe(false);
});
