/** Writes to a store that other processes write to as well; told what to do by messages. */
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { brandId } from '../../src/domain/id.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { sampleEvent, sampleSession } from '../../src/testing/store-contract/sample-rows.ts';

type Order =
  | { readonly order: 'open'; readonly path: string }
  | { readonly order: 'create'; readonly session: string }
  | {
      readonly order: 'write';
      readonly sessions: readonly string[];
      readonly count: number;
      readonly name: string;
    }
  | { readonly order: 'close' };

let store: SessionStore | undefined;

function opened(): SessionStore {
  if (store === undefined) throw new Error('The store is not open.');
  return store;
}

async function follow(order: Order): Promise<string> {
  switch (order.order) {
    case 'open':
      store = await sqliteStore(order.path);
      return 'opened';
    case 'create': {
      const sessionId = brandId('session', order.session);
      const session = { create: sampleSession(sessionId) };
      await opened().commit({ sessionId, session, events: [sampleEvent('created')] });
      return 'created';
    }
    case 'write':
      for (let index = 0; index < order.count; index++) {
        await Promise.all(
          order.sessions.map((session) =>
            opened().commit({
              sessionId: brandId('session', session),
              events: [sampleEvent(`${order.name} ${index}`)],
            }),
          ),
        );
      }
      return 'written';
    case 'close':
      await opened()[Symbol.asyncDispose]();
      return 'closed';
  }
}

process.on('message', (order: Order) => {
  void follow(order).then((answer) => process.send?.(answer));
});
