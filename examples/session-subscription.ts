// Two subscriptions of a served session, each filtered by type, from its first event on, over two runs.
import assert from 'node:assert/strict';
import { createSessionManager, createSessionServer, type EventType } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('session-subscription', [{ text: 'One.' }, { text: 'Two.' }]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
await using server = await createSessionServer(manager, { session: {}, runOptions: example.runOptions });

const unsubscribe = new AbortController();
const subscribe = async (type: EventType): Promise<readonly (string | undefined)[]> => {
  const seen: (string | undefined)[] = [];
  let last = 0;
  try {
    for await (const event of server.subscribe({ types: [type], signal: unsubscribe.signal })) {
      console.log(`#${event.seq} ${event.type} ${event.runId}`);
      assert.ok(event.type === type && event.seq > last, 'only what was asked for, in order');
      last = event.seq;
      seen.push(event.runId);
    }
  } catch (error) {
    // That is how an unsubscribed one ends.
    if (!unsubscribe.signal.aborted) throw error;
  }
  return seen;
};
const [started, completed] = [subscribe('run_started'), subscribe('run_completed')];
const first = await server.executeRun('Say one.', {}, { timeout: 300_000 });
const second = await server.executeRun('Say two.', {}, { timeout: 300_000 });
assert.deepEqual([first.status, second.status], ['completed', 'completed']);
assert.equal((await server.status()).subscribers, 2);

// One that comes late gets the same, and ends when it has seen enough.
const late: (string | undefined)[] = [];
for await (const event of server.subscribe({ types: ['run_completed'] })) {
  late.push(event.runId);
  if (late.length === 2) break;
}
unsubscribe.abort();
const both = [first.runId, second.runId];
assert.deepEqual([await started, await completed, late], [both, both, both]);
assert.equal((await server.status()).subscribers, 0);
console.log('both saw both runs once, and so did one that came late');
