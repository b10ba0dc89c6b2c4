// A look at what the provider can do, then a live session: text on standard output, the event log on
// standard error, and a summary. Two turns of one conversation; Ctrl-C interrupts.
import assert from 'node:assert/strict';
import { createSessionManager, isSupported } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('live-session', [
  { text: 'Noted: the word is heliotrope.', chunks: 4 },
  { text: 'The word was heliotrope.', chunks: 4 },
]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });

const [description] = await manager.describeProviders();
assert.ok(description?.agent.installed, description?.agent.advice);
for (const [name, level] of Object.entries(description.capabilities))
  console.error(`  ${name.padEnd(22)}${level}`);
assert.ok(isSupported(description.capabilities, 'native_resume'));
const streams = isSupported(description.capabilities, 'text_deltas');

const session = await manager.createSession({ provider: example.providerName });
let tokens = 0;
for (const prompt of ['Remember the word heliotrope.', 'Which word was it?']) {
  await using run = await session.run(prompt, example.runOptions);
  const onInterrupt = (): void => void run.interrupt().catch(() => run.cancel());
  process.once('SIGINT', onInterrupt);
  for await (const event of run) {
    console.error(`${new Date(event.time).toISOString()} #${event.seq} ${event.type}`);
    // An agent that does not stream its text gives it whole.
    if (event.type === (streams ? 'message_streamed' : 'message_received'))
      process.stdout.write(event.data.text);
  }
  process.off('SIGINT', onInterrupt);
  const result = await run.result;
  assert.equal(result.status, 'completed');
  tokens += result.usage.outputTokens;
  console.log(`\n(${result.status}, stop reason ${result.stopReason ?? 'none'}, ${result.durationMs} ms)`);
  assert.match(result.output, /heliotrope/);
}
assert.equal((await session.runs()).length, 2);
if (example.model !== undefined) {
  const last = JSON.stringify(example.model.mainRequests.at(-1)?.body);
  assert.match(last, /Remember the word/, 'the second turn goes on from the first');
}
console.log(`output tokens of the session: ${tokens}`);
assert.equal((await session.complete()).status, 'completed');
