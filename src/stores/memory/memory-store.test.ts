import { describe, it } from 'vitest';

import { testSessionStore, testSessionStoreModel } from '../../testing/store-contract/test-session-store.ts';
import { memoryStore } from './memory-store.ts';

testSessionStore('memory store', ({ clock }) => memoryStore({ clock }), { describe, it });
testSessionStoreModel('memory store', ({ clock }) => memoryStore({ clock }), {
  describe,
  it,
  seeds: Array.from({ length: 60 }, (_, index) => index + 1),
});
