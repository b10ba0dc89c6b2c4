// What Claude Code has of its own: two runs at once, a conversation that forks, structured output, a
// subagent, and every tool call seen before it runs. `--section <name>` runs one part.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { createSessionManager, type AuthorizeRequest } from '../src/index.ts';
import { claude } from '../src/providers/claude/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

const { values } = parseArgs({ strict: false, options: { section: { type: 'string' } } });
await using example = await setUpExample('claude-direct', [], { only: ['claude'] });
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const { runOptions, model } = example;

async function section(name: string, work: () => Promise<void>): Promise<void> {
  if (values.section !== undefined && values.section !== name) return;
  console.log(`## ${name}`);
  await work();
}

await section('parallel', async () => {
  model?.setScript(() => ({ text: 'Four.' }));
  const results = await Promise.all(
    ['two', 'three'].map((word) => manager.runOnce(`What is ${word} and ${word}? One word.`, runOptions)),
  );
  const cost = results.reduce((sum, result) => sum + Number(result.cost?.usd ?? 0), 0);
  console.log(`${results.length} runs, ${cost.toFixed(5)} USD`);
  assert.ok(results.every((result) => result.status === 'completed') && cost > 0);
});

await section('fork', async () => {
  model?.setScript([{ text: 'Noted.' }, { text: 'It was indigo.' }]);
  const session = await manager.createSession({ provider: 'claude' });
  assert.equal(
    (await (await session.run('Remember the colour indigo.', runOptions)).result).status,
    'completed',
  );
  const fork = await session.fork();
  const run = await fork.run('Which colour?', runOptions);
  const result = await run.result;
  assert.ok(result.status === 'completed', 'the fork runs');
  assert.match(result.output, /indigo/);
  const [mine, theirs] = [(await session.read()).agents['claude'], (await fork.read()).agents['claude']];
  assert.ok(mine && theirs && mine.id !== theirs.id, 'the fork is a conversation of its own');
  console.log(`${mine.id} -> ${theirs.id}`);
});

await section('structured', async () => {
  model?.setScript([
    { tools: [{ name: 'StructuredOutput', input: { colour: 'indigo' } }] },
    { text: 'Done.' },
  ]);
  const outputSchema = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] };
  const result = await manager.runOnce('Name a colour.', {
    ...runOptions,
    provider: claude(),
    outputSchema,
  });
  console.log(result.status, result.output);
  assert.equal(result.status, 'completed');
  assert.match(result.output, /^\{\s*"colour":\s*"\w+"\s*\}$/);
});

await section('gate', async () => {
  model?.setScript([
    { tools: [{ name: 'Bash', input: { command: 'ls', description: 'List' } }] },
    { tools: [{ name: 'Bash', input: { command: 'touch made', description: 'Make' } }] },
    { text: 'Done.' },
  ]);
  const asked: AuthorizeRequest[] = [];
  const result = await manager.runOnce('Run `ls`, then `touch made`.', {
    ...runOptions,
    authorize: (call) => {
      asked.push(call);
      return call.command === 'ls'
        ? { decision: 'allow' }
        : { decision: 'deny', reason: 'only looking today' };
    },
  });
  console.log(asked.map((call) => `${call.tool} ${call.command ?? ''}`).join(', '));
  assert.equal(result.status, 'completed');
  assert.ok(
    asked.some((call) => call.command === 'ls'),
    'read-only commands are asked about, too',
  );
});
