// What Codex has of its own: its events counted, its options, a form for the answer, one server for two runs
// at once, and the sessions that were recorded. `--section <name>` runs one part.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { createSessionManager } from '../src/index.ts';
import { codex } from '../src/providers/codex/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

const { values } = parseArgs({ strict: false, options: { section: { type: 'string' } } });
await using example = await setUpExample('codex-direct', [], { only: ['codex'] });
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const { runOptions, model } = example;

async function section(name: string, work: () => Promise<void>): Promise<void> {
  if (values.section !== undefined && values.section !== name) return;
  console.log(`## ${name}`);
  await work();
}

await section('events', async () => {
  example.say([
    { thinking: 'A look first.', tools: [{ tool: 'bash', command: 'ls' }] },
    { text: 'It is empty.' },
  ]);
  const session = await manager.createSession({ provider: 'codex' });
  const run = await session.run('Run `ls`, then say what is there.', { ...runOptions, rules: exampleRules });
  const counts = new Map<string, number>();
  for await (const { type } of run) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const [type, count] of counts) console.log(`${type.padEnd(24)} ${'#'.repeat(count)} ${count}`);
  const result = await run.result;
  assert.ok(result.status === 'completed', `the run is ${result.status}`);
  console.log(result.output, result.usage);
  assert.ok(counts.get('tool_call_started') === counts.get('tool_call_completed'));
  assert.ok(result.usage.outputTokens > 0);
});

await section('options', async () => {
  example.say([{ text: 'Indigo.' }]);
  const result = await manager.runOnce('Name a colour.', {
    ...runOptions,
    provider: codex({ instructions: ['Answer in one word.'] }),
    native: { reasoningEffort: 'low' },
  });
  console.log(result.status, result.output);
  assert.equal(result.status, 'completed');
  if (model === undefined) return;
  const asked = JSON.stringify(model.mainRequests.at(-1)?.body);
  assert.ok(asked.includes('"effort":"low"'), 'the model is told how hard to think');
  assert.ok(asked.includes('Answer in one word.'), 'the model is told the instructions');
});

await section('structured', async () => {
  example.say([{ text: '{"colour":"indigo"}' }]);
  const outputSchema = {
    type: 'object',
    properties: { colour: { type: 'string' } },
    required: ['colour'],
    additionalProperties: false,
  };
  const result = await manager.runOnce('Name a colour.', { ...runOptions, provider: 'codex', outputSchema });
  console.log(result.status, result.output);
  assert.equal(result.status, 'completed');
  assert.match(result.output, /^\{\s*"colour":\s*"\w+"\s*\}$/);
});

await section('shared', async () => {
  model?.setScript(() => ({ text: 'Four.' }));
  await using shared = await createSessionManager({
    store: memoryStore(),
    providers: [codex({ shareServer: true })],
  });
  const questions = ['What is two and two?', 'What is three and one?'];
  const results = await Promise.all(
    questions.map((question) =>
      shared.runOnce(`${question} One word.`, { ...runOptions, provider: 'codex' }),
    ),
  );
  console.log(results.map((result) => result.status).join(', '));
  assert.ok(results.every((result) => result.status === 'completed'));
});

await section('sessions', async () => {
  example.say([{ text: 'Hello.' }]);
  const session = await manager.createSession({ provider: 'codex', title: 'greeting' });
  assert.equal((await (await session.run('Greet me.', runOptions)).result).status, 'completed');
  const listed = await manager.sessions({ provider: 'codex' });
  for (const { id, title, agents } of listed.rows) console.log(id, title ?? '', agents['codex']?.id ?? '');
  assert.ok(listed.rows.some(({ id, agents }) => id === session.id && agents['codex'] !== undefined));
});
