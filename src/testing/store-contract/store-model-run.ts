import assert from 'node:assert/strict';

import { isAsmError } from '../../domain/error.ts';
import { approvalId, runId, sessionId } from './sample-rows.ts';
import type { Lease, SessionStore } from '../../ports/session-store.ts';
import { assertNumbered, readLog } from './expectation.ts';
import { createSeededRandom } from './seeded-random.ts';
import type { OpenStore, StoreRoom } from './store-case.ts';
import { labelOf, StoreModel, type Expected } from './store-model.ts';
import { modelSteps, type ModelCall, type ModelStep } from './store-model-steps.ts';
import { withStoreRoom } from './store-room.ts';

export interface StoreModelRun {
  readonly seed: number;
  /** Groups of calls in the history. */
  readonly steps: number;
}

/**
 * Runs the random history of a seed and compares every answer, and at the end all that is stored,
 * with the model. Rejects with the seed and the shortest beginning of the history that fails.
 */
export async function runStoreModel(openStore: OpenStore, { seed, steps }: StoreModelRun): Promise<void> {
  const history = modelSteps(createSeededRandom(seed), steps);
  const failure = await failureOf(openStore, history);
  if (failure === undefined) return;
  let shortest = { ...failure, length: history.length };
  // The step that failed is known, but what it showed may have happened earlier: try shorter ones.
  for (let low = 1, high = failure.step; low <= high;) {
    const length = (low + high) >>> 1;
    const found = await failureOf(openStore, history.slice(0, length));
    if (found === undefined) low = length + 1;
    else {
      shortest = { ...found, length };
      high = length - 1;
    }
  }
  const last = JSON.stringify(history[shortest.length - 1], undefined, 2);
  throw new Error(
    `The history of seed ${seed} fails within its first ${shortest.length} steps: ${shortest.message}\nIts last step: ${last}`,
    { cause: shortest.error },
  );
}

interface Failure {
  /** Number of steps that were made, with the one that failed. */
  readonly step: number;
  readonly message: string;
  readonly error: unknown;
}

async function failureOf(openStore: OpenStore, history: readonly ModelStep[]): Promise<Failure | undefined> {
  let step = 0;
  try {
    await withStoreRoom(openStore, async (room) => {
      const store = await room.open();
      const model = new StoreModel(() => room.now());
      for (const calls of history) {
        step++;
        await makeStep(room, store, model, calls);
      }
      await compareStored(store, model);
    });
    return undefined;
  } catch (error) {
    return { step, error, message: error instanceof Error ? error.message : String(error) };
  }
}

async function makeStep(
  room: StoreRoom,
  store: SessionStore,
  model: StoreModel,
  step: ModelStep,
): Promise<void> {
  if ('passTime' in step) return room.passTime(step.passTime);
  const answers = await Promise.all(step.map((call) => answerOf(store, call)));
  for (const [index, call] of step.entries()) {
    assert.deepEqual(answers[index], expectedOf(model, call), `call ${index + 1} of the step`);
  }
}

function expectedOf(model: StoreModel, call: ModelCall): Expected {
  switch (call.call) {
    case 'commit':
      return model.commit(call.change);
    case 'acquire':
      return model.acquire(call.run, call.owner, call.milliseconds);
    case 'renew':
      return model.renew(call.run, call.token, call.milliseconds);
    case 'release':
      return model.release(call.run, call.token);
  }
}

async function answerOf(store: SessionStore, call: ModelCall): Promise<Expected> {
  try {
    return { value: await makeCall(store, call) };
  } catch (error) {
    if (!isAsmError(error)) throw error;
    return { code: error.code };
  }
}

async function makeCall(store: SessionStore, call: ModelCall): Promise<unknown> {
  if (call.call === 'commit') {
    const { events, latestSeq, replayed, lease } = await store.commit(call.change);
    assert.deepEqual(
      events.map((event) => event.payload),
      call.change.events.map((event) => event.payload),
    );
    const facts = { seqs: events.map((event) => event.seq), latestSeq, replayed };
    return lease === undefined ? facts : { ...facts, lease: leaseFacts(lease) };
  }
  if (call.call === 'acquire') {
    return leaseFacts(
      await store.leases.acquire({ runId: call.run, owner: call.owner, milliseconds: call.milliseconds }),
    );
  }
  const held = await store.leases.current(call.run);
  const lease: Lease = { owner: 'me', expiresAt: 0, ...held, runId: call.run, token: call.token };
  if (call.call === 'release') return store.leases.release(lease);
  return leaseFacts(await store.leases.renew(lease, call.milliseconds));
}

function leaseFacts(lease: Lease | undefined): unknown {
  return lease === undefined
    ? undefined
    : { token: lease.token, owner: lease.owner, expiresAt: lease.expiresAt };
}

/** Everything that the store holds at the end, read in every way there is. */
async function compareStored(store: SessionStore, model: StoreModel): Promise<void> {
  for (const name of ['one', 'two', 'three']) {
    const id = sessionId(name);
    const row = await store.session(id);
    assert.deepEqual(
      row === undefined ? undefined : rowFacts(row),
      facts(model.rows.get(id)),
      `session ${id}`,
    );
    const payloads = model.logs.get(id);
    if (payloads === undefined) continue;
    const log = await readLog(store, id, 7);
    assertNumbered(log);
    assert.deepEqual(
      log.map((event) => event.payload),
      payloads,
      `the log of ${id}`,
    );
  }
  for (const name of ['x', 'y']) {
    const id = runId(name);
    const row = await store.run(id);
    assert.deepEqual(row === undefined ? undefined : rowFacts(row), facts(model.rows.get(id)), `run ${id}`);
    const current = await store.leases.current(id);
    assert.deepEqual({ value: leaseFacts(current) }, model.current(id), `lease of ${id}`);
  }
  for (const name of ['p', 'q']) {
    const id = approvalId(name);
    const row = await store.approval(id);
    assert.deepEqual(row === undefined ? undefined : rowFacts(row), facts(model.rows.get(id)), `${id}`);
  }
  const feed: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.feed({ limit: 9, ...(after === undefined ? {} : { after }) });
    feed.push(...page.events.map((event) => `${event.sessionId} ${event.payload}`));
    if (!page.hasMore) break;
    after = page.cursor;
  }
  assert.deepEqual(feed, model.feed, 'the feed');
}

function rowFacts(row: {
  readonly version: number;
  readonly title?: string;
  readonly model?: string;
  readonly decidedBy?: string;
}): unknown {
  return { version: row.version, label: labelOf(row) };
}

function facts(row: { readonly version: number; readonly label: string | undefined } | undefined): unknown {
  return row === undefined ? undefined : { version: row.version, label: row.label };
}
