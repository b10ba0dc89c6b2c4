// A live run through the verbose renderer to the terminal; --no-color leaves the colours out.
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { createSessionManager } from '../src/index.ts';
import {
  callbackSink,
  renderTo,
  supportsColor,
  terminalSink,
  verboseRenderer,
} from '../src/rendering/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';
import { toolPrompt, toolScript } from './support/tool-script.ts';

await using example = await setUpExample('rendering-verbose', toolScript);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run(toolPrompt, { ...example.runOptions, rules: exampleRules });

const color = supportsColor(process.stdout) && !process.argv.includes('--no-color');
let text = '';
const report = await renderTo({
  events: run,
  renderer: verboseRenderer({ color }),
  sinks: [terminalSink(), callbackSink((_event, rendered) => void (text += rendered))],
});
assert.deepEqual([report.sinkErrors, report.renderErrors], [[], []]);
assert.equal((await run.result).status, 'completed');
// One line a happening, whatever the tool gave.
const plain = stripVTControlCharacters(text);
for (const tag of ['[run_started]', '[tool_call_started]', '[tool_call_completed]', '[run_completed]']) {
  assert.ok(plain.includes(tag), `${tag} is shown`);
}
assert.ok(plain.includes('hello from the tool'));
