import { startStoreChild } from '../sqlite/store-child.ts';
import type { Answer, Order } from './manager-child.ts';

/** A process with a session manager of its own. */
export interface ManagerProcess extends AsyncDisposable {
  tell(order: Order): Promise<Answer>;
  /** Ends it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a process and opens a manager in it; disposal ends it. */
export async function startManager(path: string, lease = 15_000): Promise<ManagerProcess> {
  const child = startStoreChild('../manager/manager-child.ts');
  const tell = async (order: Order): Promise<Answer> => (await child.ask(order)) as Answer;
  await tell({ order: 'open', path, lease });
  return {
    tell,
    kill: async () => await child[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
