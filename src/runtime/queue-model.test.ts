import { expect, test } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { openServerRoom, storeKinds } from '../../test/runtime/server-room.ts';
import type { RunId } from '../domain/id.ts';

/** Numbers from 0 to below 1, the same ones for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** What the queue should hold: the simplest thing that could be right. */
class QueueModel {
  readonly waiting: string[] = [];
  readonly running = new Set<string>();
  readonly everStarted: string[] = [];
  paused = false;
  readonly #slots: number;

  constructor(slots: number) {
    this.#slots = slots;
  }

  start(): void {
    while (!this.paused && this.running.size < this.#slots) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.running.add(next);
      this.everStarted.push(next);
    }
  }

  /** `to`: `first`, `last`, or the one before which it goes. */
  move(name: string, to: string): void {
    this.leave(name);
    const index = to === 'first' ? 0 : to === 'last' ? this.waiting.length : this.waiting.indexOf(to);
    this.waiting.splice(index, 0, name);
  }

  leave(name: string): void {
    this.waiting.splice(this.waiting.indexOf(name), 1);
  }
}

const steps = 60;

test.each(storeKinds.flatMap((kind) => [1, 2, 3].map((seed) => ({ kind, seed, name: kind.name }))))(
  'whatever is asked of a queue on $name, it does what a list would (seed $seed)',
  async ({ kind, seed }) => {
    const random = randomNumbers(seed);
    const slots = 1 + (seed % 2);
    await using room = await openServerRoom(kind, { server: { concurrentRuns: slots } });
    const { server, held } = room;
    const session = await room.manager.getSession(server.sessionId);
    const model = new QueueModel(slots);
    const ids = new Map<string, RunId>();
    const id = (name: string): RunId => ids.get(name) ?? expect.fail(name);
    const any = (names: Iterable<string>): string | undefined => {
      const all = [...names];
      return all[Math.floor(random() * all.length)];
    };
    const submit = async (): Promise<void> => {
      const name = `run ${ids.size}`;
      ids.set(name, (await server.submitRun(name)).id);
      model.waiting.push(name);
    };
    const finish = async (): Promise<void> => {
      const name = any(model.running);
      if (name === undefined) return;
      held.finish(name);
      expect((await server.awaitRun(id(name))).output).toBe(`Did ${name}.`);
      model.running.delete(name);
    };
    const withdraw = async (): Promise<void> => {
      const name = any(model.waiting);
      if (name === undefined) return;
      expect((await server.withdrawRun(id(name))).status).toBe('cancelled');
      model.leave(name);
    };
    const move = async (): Promise<void> => {
      const [name, other] = [any(model.waiting), any(model.waiting)];
      if (name === undefined || other === undefined) return;
      const place = random() < 0.3 ? 'first' : random() < 0.5 ? 'last' : other;
      if (place === name) return;
      await server.moveRun(id(name), place === 'first' || place === 'last' ? place : { before: id(place) });
      model.move(name, place);
    };
    const cancel = async (): Promise<void> => {
      const name = any([...model.running, ...model.waiting]);
      if (name === undefined) return;
      expect((await server.cancelRun(id(name))).status).toBe('cancelled');
      if (!model.running.delete(name)) model.leave(name);
    };
    const pause = async (): Promise<void> => {
      // Only an active session can be paused, and one is from its first run on.
      if (model.everStarted.length === 0) return;
      await (model.paused ? session.resume() : session.pause());
      model.paused = !model.paused;
    };
    const actions = [submit, submit, submit, finish, finish, withdraw, move, move, cancel, pause];
    for (let step = 0; step < steps; step++) {
      await (actions[Math.floor(random() * actions.length)] ?? submit)();
      model.start();
      await held.startedCount(model.everStarted.length);
      const { queued, running } = await server.status();
      expect(queued.map((run) => run.input[0]?.text)).toEqual(model.waiting);
      expect(new Set(running.map((run) => run.input[0]?.text))).toEqual(model.running);
    }
    if (model.paused) await pause();
    held.finishAll();
    await server.drain();
    expect(held.started).toEqual([...model.everStarted, ...model.waiting]);
    expect(held.most).toBeLessThanOrEqual(slots);
    await checkLog(room.store, server.sessionId);
  },
);
