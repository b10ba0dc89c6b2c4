// Status lines of tools with summaries: --tool-output summary, preview or full. A refused tool shows ✗.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { createSessionManager } from '../src/index.ts';
import {
  callbackSink,
  isLiveTerminal,
  renderTo,
  studioRenderer,
  supportsColor,
  terminalSink,
  toolOutputModes,
} from '../src/rendering/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

const { values } = parseArgs({
  strict: false,
  options: { 'tool-output': { type: 'string', default: 'preview' } },
});
const toolOutput = toolOutputModes.find((mode) => mode === values['tool-output']);
assert.ok(toolOutput !== undefined, `--tool-output is one of ${toolOutputModes.join(', ')}`);

await using example = await setUpExample('rendering-studio', [
  {
    text: 'First this.',
    tools: [{ tool: 'bash', command: 'echo hello' }],
  },
  {
    text: 'Then that.',
    tools: [{ tool: 'bash', command: 'curl http://example.invalid' }],
  },
  { text: 'One worked,\nthe other was refused.' },
]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run(
  'Run `echo hello`, then `curl http://example.invalid`, and say how it went.',
  {
    ...example.runOptions,
    rules: { ...exampleRules, deny: [{ tool: 'bash', program: 'curl' }] },
  },
);
let text = '';
const report = await renderTo({
  events: run,
  renderer: studioRenderer({
    color: supportsColor(process.stdout),
    terminal: isLiveTerminal(process.stdout),
    toolOutput,
  }),
  sinks: [terminalSink(), callbackSink((_event, rendered) => void (text += rendered))],
});
assert.deepEqual(report.renderErrors, []);
assert.equal((await run.result).status, 'completed');
assert.ok(text.includes('✓') && text.includes('✗'), 'both endings are shown');
if (!isLiveTerminal(process.stdout))
  assert.ok(!text.includes('\r'), 'no line is rewritten outside a terminal');
