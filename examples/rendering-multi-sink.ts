// One renderer, six sinks at once: terminal, file with a header, JSON lines full and compact, a counter,
// and one that breaks, which harms nobody.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import {
  callbackSink,
  compactRenderer,
  fileSink,
  jsonLinesSink,
  renderTo,
  terminalSink,
  verboseRenderer,
} from '../src/rendering/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';
import { toolPrompt, toolScript } from './support/tool-script.ts';

await using example = await setUpExample('rendering-multi-sink', toolScript);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run(toolPrompt, { ...example.runOptions, rules: exampleRules });

const path = (name: string): string => join(example.folder, '..', name);
await writeFile(path('log.txt'), 'A header of our own\n');
let counted = 0;
const report = await renderTo({
  events: run,
  renderer: process.argv.includes('verbose')
    ? verboseRenderer({ color: true })
    : compactRenderer({ color: true }),
  sinks: [
    terminalSink(process.stdout, process.stdout.isTTY ? {} : { color: false }),
    fileSink(path('log.txt'), { append: true }),
    jsonLinesSink(path('full.jsonl'), { mode: 'full' }),
    jsonLinesSink(path('compact.jsonl'), { mode: 'compact' }),
    callbackSink(() => void counted++),
    callbackSink(
      () => {
        throw new Error('this sink is broken');
      },
      { name: 'broken' },
    ),
  ],
});
assert.equal((await run.result).status, 'completed');
assert.deepEqual(
  report.sinkErrors.map(({ sink }) => sink),
  ['broken'],
);

const log = await readFile(path('log.txt'), 'utf8');
assert.ok(log.startsWith('A header of our own\n'));
assert.ok(!log.includes('\u001b'), 'a file holds no escape codes');
const full = (await readFile(path('full.jsonl'), 'utf8')).trim().split('\n');
const compact = (await readFile(path('compact.jsonl'), 'utf8')).trim().split('\n');
assert.equal(full.length, report.events);
assert.equal(compact.length, report.events);
assert.ok(counted >= report.events);
assert.ok(
  full.join('\n').includes('Grüße aus dem Skript ✓') || example.model === undefined,
  'text beyond ASCII is kept',
);
console.log(`\n${log}\n${full[0]}\n${compact[0]}\n${report.events} events`);
