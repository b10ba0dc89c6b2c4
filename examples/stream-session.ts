// A one-shot stream: what is opened for it is closed with it, what is handed in stays open. Once
// rendered, once raw with a count per event type.
import assert from 'node:assert/strict';
import { createSessionManager, streamOnce } from '../src/index.ts';
import { compactRenderer, renderTo, supportsColor, terminalSink } from '../src/rendering/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';
import { toolPrompt, toolScript } from './support/tool-script.ts';

await using example = await setUpExample('stream-session', toolScript);

const owned = memoryStore();
{
  await using stream = await streamOnce(toolPrompt, {
    ...example.runOptions,
    rules: exampleRules,
    open: { store: owned, providers: [example.provider] },
  });
  const renderer = compactRenderer({ color: supportsColor(process.stdout) });
  const report = await renderTo({ events: stream, renderer, sinks: [terminalSink()] });
  assert.deepEqual(report.sinkErrors, []);
  assert.equal((await stream.result).status, 'completed');
}
await assert.rejects(
  owned.sessions({}),
  { code: 'store_closed' },
  'the stream closed the store that was its own',
);

example.say(toolScript);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const counts = new Map<string, number>();
{
  await using stream = await streamOnce(toolPrompt, { ...example.runOptions, rules: exampleRules, manager });
  for await (const event of stream) {
    counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
    process.stdout.write(event.type === 'message_streamed' ? event.data.text : `[${event.type}]`);
  }
}
console.log(`\n${JSON.stringify(Object.fromEntries(counts))}`);
for (const type of [
  'run_started',
  'agent_started',
  'tool_call_started',
  'tool_call_completed',
  'run_completed',
]) {
  assert.equal(counts.get(type), 1, `one ${type}`);
}
assert.equal((await manager.sessions()).rows.length, 1, 'the manager that was handed in is still open');
