// What every provider promises: agent_started first, one terminal event with the usage, events stored as
// they were seen live, and a table of capabilities that a run is held against before it starts.
import assert from 'node:assert/strict';
import { capabilityNames, createSessionManager, type LogEvent } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';
import { toolPrompt, toolScript } from './support/tool-script.ts';

await using example = await setUpExample('contract-surface', toolScript);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run(toolPrompt, { ...example.runOptions, rules: exampleRules });

const live: LogEvent[] = [];
for await (const event of run) live.push(event);
const stored = (await session.events({ runId: run.id, limit: 1_000 })).events;
assert.deepEqual(live, stored, 'what was seen live is what is stored');

const ofAgent = live.filter(({ type }) => !type.startsWith('run_') && type !== 'message_sent');
assert.equal(ofAgent[0]?.type, 'agent_started', 'the first thing that an agent says');
const terminal = live.filter(({ type }) => /^run_(completed|failed|cancelled|timed_out)$/.test(type));
assert.deepEqual(terminal, live.slice(-1), 'one terminal event, and it is the last');
const [end] = terminal;
assert.ok(end?.type === 'run_completed' && end.data.usage.outputTokens > 0, 'it has the usage');
assert.deepEqual((await run.result).usage, end.data.usage, 'and so has the result');
assert.equal(live[0]?.type, 'run_created', 'the first of all');
console.log(`${live[0].type} -> ${end.type}, ${live.length} events`);

const { capabilities } = example.provider;
for (const name of capabilityNames) console.log(`  ${name.padEnd(22)}${capabilities[name]}`);
const missing = capabilityNames.filter((name) => capabilities[name] === 'unsupported');
const [lacking] = missing;
if (lacking !== undefined) {
  await assert.rejects(
    session.run('Never asked.', { ...example.runOptions, requires: missing }),
    { code: 'missing_required_capability', details: { provider: example.providerName, missing } },
    'what is missing is named, all of it, and nothing starts',
  );
  example.say([{ text: 'Without it, then.' }]);
  await using degraded = await session.run('Go on.', { ...example.runOptions, prefers: [lacking] });
  const result = await degraded.result;
  assert.equal(result.status, 'completed');
  const warned = (await session.events({ runId: degraded.id, types: ['warning_raised'] })).events;
  assert.ok(
    warned.some((event) => event.type === 'warning_raised' && event.data.code === 'capability_degraded'),
    `a run that would like ${lacking} goes on without it, with a warning`,
  );
}
assert.equal((await session.complete()).status, 'completed');
