// Events without text: statistics gathered by a callback.
import assert from 'node:assert/strict';
import { createSessionManager, isSupported, isTerminalRunEvent } from '../src/index.ts';
import { callbackSink, passthroughRenderer, renderTo } from '../src/rendering/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';
import { toolPrompt, toolScript } from './support/tool-script.ts';

await using example = await setUpExample('rendering-callback', toolScript);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run(toolPrompt, { ...example.runOptions, rules: exampleRules });

const streams = isSupported(example.provider.capabilities, 'text_deltas');
const stats = { events: 0, model: '', text: '', tools: new Array<string>(), ends: 0, errors: 0 };
const report = await renderTo({
  events: run,
  renderer: passthroughRenderer(),
  sinks: [
    callbackSink((event) => {
      if (event === undefined) return;
      stats.events++;
      if (event.type === 'agent_started') stats.model = event.data.model ?? stats.model;
      // An agent that does not stream its text gives it whole.
      if (event.type === (streams ? 'message_streamed' : 'message_received')) stats.text += event.data.text;
      if (event.type === 'tool_call_started') stats.tools.push(event.data.tool);
      if (event.type === 'attempt_failed') stats.errors++;
      if (isTerminalRunEvent(event)) stats.ends++;
    }),
  ],
});
const result = await run.result;
console.log({ ...stats, text: `${stats.text.length} characters`, stopReason: result.stopReason });
assert.equal(stats.events, report.events);
assert.deepEqual([stats.tools, stats.ends, stats.errors], [['bash'], 1, 0]);
assert.ok(stats.text.endsWith(result.output));
