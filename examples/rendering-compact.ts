// A live run through the compact renderer to the terminal; --no-color leaves the colours out.
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { createSessionManager, isSupported } from '../src/index.ts';
import {
  callbackSink,
  renderTo,
  supportsColor,
  terminalSink,
  compactRenderer,
} from '../src/rendering/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';
import { toolPrompt, toolScript } from './support/tool-script.ts';

await using example = await setUpExample('rendering-compact', toolScript);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run(toolPrompt, { ...example.runOptions, rules: exampleRules });

const color = supportsColor(process.stdout) && !process.argv.includes('--no-color');
let text = '';
const report = await renderTo({
  events: run,
  renderer: compactRenderer({ color }),
  sinks: [terminalSink(), callbackSink((_event, rendered) => void (text += rendered))],
});
assert.deepEqual([report.sinkErrors, report.renderErrors], [[], []]);
assert.equal((await run.result).status, 'completed');
// The tokens of the grammar, in whatever colours.
const plain = stripVTControlCharacters(text);
const { name: shell } = example.agent.call({ tool: 'bash', command: '' });
const streamed = isSupported(example.provider.capabilities, 'text_deltas') ? ['>>'] : [];
for (const token of ['r+', `t+${shell}`, `t-${shell}`, ...streamed, 'tk:', 'msg', 'r-']) {
  assert.ok(plain.includes(token), `${token} is shown`);
}
