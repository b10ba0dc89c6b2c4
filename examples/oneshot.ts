// One call: a session is made, runs once, and is completed. Shows live text, tokens, cost and ids.
import assert from 'node:assert/strict';
import { createSessionManager } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('oneshot', [{ text: 'The capital of France is Paris.', chunks: 5 }]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });

let live = '';
const result = await manager.runOnce('What is the capital of France? Answer in one sentence.', {
  ...example.runOptions,
  onEvent: (event) => {
    if (event.type !== 'message_streamed') return;
    live += event.data.text;
    process.stdout.write(event.data.text);
  },
});

console.log(
  `\nstatus ${result.status}, ${result.usage.inputTokens} tokens in, ${result.usage.outputTokens} out`,
);
console.log(`cost ${result.cost?.usd ?? 'unknown'} USD, session ${result.sessionId}, run ${result.runId}`);

assert.equal(result.status, 'completed');
assert.match(result.output, /Paris/);
const { text_deltas: deltas } = example.provider.capabilities;
assert.equal(live, deltas === 'native' ? result.output : '', 'the live text is the whole answer');
assert.ok(result.cost !== undefined, 'the provider tells the cost, or the tokens do');
assert.ok(result.usage.outputTokens > 0);
const session = await manager.getSession(result.sessionId);
assert.equal((await session.read()).status, 'completed');
