import assert from 'node:assert/strict';

import { AsmError } from '../../domain/error.ts';
import type { Change } from '../../ports/session-store.ts';
import { assertNumbered, hasLog, readLog } from './expectation.ts';
import { addSession, append, sampleEvent, sampleSession, sessionId } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

const text = (value: string): string => sampleEvent(value).payload;

function codes(outcomes: readonly PromiseSettledResult<unknown>[]): readonly string[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return 'done';
    const error: unknown = outcome.reason;
    if (!(error instanceof AsmError)) throw error;
    return error.code;
  });
}

/** Many commits at once. */
export const concurrencyCases: readonly StoreCase[] = [
  {
    name: 'concurrency: 64 writers of one session leave no gap and nothing twice, each in its own order',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const writer = async (name: number): Promise<void> => {
        for (let index = 0; index < 6; index += 2) {
          const { events } = await append(store, id, `${name}:${index}`, `${name}:${index + 1}`);
          assertNumbered(events, events[0]?.seq);
        }
      };
      await Promise.all(Array.from({ length: 64 }, (_, name) => writer(name)));
      const log = await readLog(store, id);
      assertNumbered(log);
      assert.equal(log.length, 1 + 64 * 6);
      for (let name = 0; name < 64; name++) {
        const own = Array.from({ length: 6 }, (_, index) => text(`${name}:${index}`));
        assert.deepEqual(
          log.map((event) => event.payload).filter((payload) => own.includes(payload)),
          own,
        );
      }
    },
  },
  {
    name: 'concurrency: commits that one caller starts one after the other are numbered so',
    async run(room) {
      const store = await room.open();
      const [a, b] = [await addSession(store, 'a'), await addSession(store, 'b')];
      const names = Array.from({ length: 100 }, (_, index) => `event ${index}`);
      await Promise.all(names.flatMap((name) => [append(store, a, name), append(store, b, name)]));
      await hasLog(store, a, ['{}', ...names.map(text)]);
      await hasLog(store, b, ['{}', ...names.map(text)]);
    },
  },
  {
    name: 'concurrency: one bad change among many is refused alone',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const good = (name: string): Change => ({ sessionId: id, events: [sampleEvent(name)] });
      const changes: Change[] = [
        good('0'),
        { ...good('stale'), session: { id, expectedVersion: 7, set: { title: 'stale' } } },
        good('1'),
        { ...good('nowhere'), sessionId: sessionId('nobody') },
        { ...good('again'), session: { create: sampleSession(id) } },
        good('2'),
        {
          ...good('huge'),
          events: [sampleEvent('huge'), sampleEvent('', { payload: 'x'.repeat(1_048_577) })],
        },
        good('3'),
      ];
      const outcomes = await Promise.allSettled(changes.map((change) => store.commit(change)));
      assert.deepEqual(codes(outcomes), [
        'done',
        'conflict',
        'done',
        'session_not_found',
        'already_exists',
        'done',
        'invalid_input',
        'done',
      ]);
      await hasLog(store, id, ['{}', ...['0', '1', '2', '3'].map(text)]);
      assert.deepEqual(await store.session(id), sampleSession(id));
    },
  },
  {
    name: 'concurrency: of changes that expect the same version, or make the same row, one wins',
    async run(room) {
      const store = await room.open();
      const id = sessionId('a');
      const create: Change = {
        sessionId: id,
        session: { create: sampleSession(id) },
        events: [sampleEvent('made')],
      };
      const created = await Promise.allSettled([
        store.commit(create),
        store.commit(create),
        store.commit(create),
      ]);
      assert.deepEqual(codes(created).toSorted(), ['already_exists', 'already_exists', 'done']);
      const titles = ['x', 'y', 'z'];
      const changed = await Promise.allSettled(
        titles.map((title) =>
          store.commit({
            sessionId: id,
            session: { id, expectedVersion: 1, set: { title } },
            events: [sampleEvent(title)],
          }),
        ),
      );
      assert.deepEqual(codes(changed).toSorted(), ['conflict', 'conflict', 'done']);
      const winner = titles[codes(changed).indexOf('done')] ?? '';
      assert.deepEqual(await store.session(id), sampleSession(id, { title: winner, version: 2 }));
      await hasLog(store, id, [text('made'), text(winner)]);
    },
  },
  {
    name: 'concurrency: a change that counts on the one before it, started at once, finds it',
    async run(room) {
      const store = await room.open();
      const id = sessionId('a');
      const first = store.commit({ sessionId: id, session: { create: sampleSession(id) }, events: [] });
      const set = (expectedVersion: number): Promise<unknown> =>
        store.commit({
          sessionId: id,
          session: { id, expectedVersion, set: { updatedAt: expectedVersion } },
          events: [],
        });
      await Promise.all([first, set(1), set(2), set(3)]);
      assert.deepEqual(await store.session(id), sampleSession(id, { updatedAt: 3, version: 4 }));
    },
  },
  {
    name: 'concurrency: one key at once writes once',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const change: Change = { sessionId: id, key: 'k', events: [sampleEvent('x'), sampleEvent('y')] };
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.commit(change)));
      assert.equal(outcomes.filter((outcome) => !outcome.replayed).length, 1);
      for (const { events, latestSeq } of outcomes) {
        assertNumbered(events, 2);
        assert.equal(latestSeq, 3);
      }
      await hasLog(store, id, ['{}', text('x'), text('y')]);
    },
  },
];
