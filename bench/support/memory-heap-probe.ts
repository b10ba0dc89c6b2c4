/** Prints how many bytes some events take: `node --expose-gc memory-heap-probe.ts store|array COUNT`. */
import type { StoredEvent } from '../../src/domain/stored-event.ts';
import { memoryStore } from '../../src/stores/memory/index.ts';
import { addSession, sessionId } from '../../src/testing/store-contract/sample-rows.ts';
import { bytesInUse } from './bytes-in-use.ts';
import { sampleEvent } from './sample-event.ts';

const [, , what = 'store', count = '0'] = process.argv;
const hold = what === 'array' ? holdInArray : holdInStore;
await hold(10);
const before = bytesInUse();
const held = await hold(Number(count));
const after = bytesInUse();
// Used after the measurement, so that it can't be collected before.
if (held.length === 0) throw new Error('Nothing was held.');
process.stdout.write(String(after - before));

async function holdInStore(events: number): Promise<readonly object[]> {
  const store = memoryStore();
  const id = await addSession(store, 'held');
  for (let index = 0; index < events; index++) {
    await store.commit({ sessionId: id, events: [sampleEvent(index, 128)] });
  }
  return [store];
}

async function holdInArray(events: number): Promise<readonly object[]> {
  const array: StoredEvent[] = [];
  const id = sessionId('held');
  for (let index = 0; index < events; index++) {
    array.push({ sessionId: id, seq: index + 1, position: index + 1, ...sampleEvent(index, 128) });
  }
  return array;
}
