// One session server takes three runs at once into its queue, and runs them one after the other, in order.
import assert from 'node:assert/strict';
import { createSessionManager, createSessionServer } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

const words = ['apple', 'birch', 'cedar'];
await using example = await setUpExample(
  'session-runtime',
  words.map((word) => ({ text: word })),
);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
await using server = await createSessionServer(manager, { session: {}, runOptions: example.runOptions });

const runs = await Promise.all(words.map((word) => server.submitRun(`Answer with this one word: ${word}`)));
const { running, queued } = await server.status();
console.log(`submitted 3 runs: ${running.length} running, ${queued.length} queued`);
assert.equal(running.length + queued.length, 3);

for (const [index, run] of runs.entries()) {
  const result = await server.awaitRun(run.id, { timeout: 300_000 });
  assert.equal(result.status, 'completed', JSON.stringify(result));
  assert.match(result.output, new RegExp(words[index] ?? '', 'i'));
  console.log(`${index + 1}. ${result.output}`);
}
await server.drain();

// The log proves it: no run began before the one before had ended.
const session = await manager.getSession(server.sessionId);
const { events } = await session.events({ types: ['run_started', 'run_completed'] });
assert.deepEqual(
  events.map((event) => [event.type, event.runId]),
  runs.flatMap((run) => [
    ['run_started', run.id],
    ['run_completed', run.id],
  ]),
);
console.log('each began when the one before had ended');
