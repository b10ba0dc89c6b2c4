// One session over several agents: begun on one, gone on with on another, and back. Each knows what was
// said, also by the others: natively where it has the conversation, as text where it has not.
import assert from 'node:assert/strict';
import { createSessionManager, transcriptFromEvents } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { openExampleAgents } from './support/example-agents.ts';

await using example = await openExampleAgents('session-continuity', ['claude', 'codex']);
const [claude, codex] = [example.agent('claude'), example.agent('codex')];
await using manager = await createSessionManager({
  store: memoryStore(),
  providers: [claude.provider, codex.provider],
});
const session = await manager.createSession();

claude.say([{ text: 'I keep it in mind: HELIOTROPE-7.' }]);
codex.say([{ text: 'The word is HELIOTROPE-7. I add: MARMALADE-3.' }]);
const steps = [
  { agent: claude, prompt: 'The secret word is HELIOTROPE-7. Say it.', knows: [], continuity: 'fresh' },
  {
    agent: codex,
    prompt: 'Which word was it? Say it, and say MARMALADE-3, too.',
    knows: ['The secret word is HELIOTROPE-7.'],
    continuity: 'replayed',
  },
  {
    agent: claude,
    prompt: 'Say both words.',
    knows: ['The secret word is HELIOTROPE-7.', 'MARMALADE-3'],
    continuity: 'native',
  },
] as const;

for (const [index, { agent, prompt, knows, continuity }] of steps.entries()) {
  if (index === 2) claude.say([{ text: 'HELIOTROPE-7 and MARMALADE-3.' }]);
  await using run = await session.run(prompt, {
    ...example.runOptions,
    provider: agent.agent.name,
    continuation: 'auto',
    replay: { maximumMessages: 20, maximumTokens: 4_000 },
  });
  const result = await run.result;
  assert.equal(result.status, 'completed', JSON.stringify(result));
  assert.match(result.output, /HELIOTROPE-7/, 'the answer has the word');
  if (index > 0) assert.match(result.output, /MARMALADE-3/, 'and the one that the other agent added');
  const { events } = await session.events({ runId: run.id, types: ['agent_started'] });
  const [started] = events;
  assert.ok(started?.type === 'agent_started');
  assert.equal(started.data.continuity, continuity, `how ${agent.agent.name} takes it up`);
  const asked = JSON.stringify(agent.model?.mainRequests.at(-1)?.body ?? knows);
  for (const text of knows) assert.ok(asked.includes(text), `the model was told: ${text}`);
  console.log(`${index + 1}. ${agent.agent.name}, ${continuity}: ${result.output}`);
}

const transcript = transcriptFromEvents((await session.events({ limit: 1_000 })).events);
assert.equal(transcript.messages.length, 6, 'three questions and three answers');
assert.match(JSON.stringify(transcript.messages[0]), /HELIOTROPE-7/, 'the transcript has the word, too');
console.log(`${transcript.messages.length} messages, up to event ${transcript.lastSeq}:`);
for (const { role, text } of transcript.messages.slice(-4)) console.log(`  ${role}: ${text}`);

// A branch at the end of the first run knows the first word, and nothing of the second.
const [first] = (await session.events({ types: ['run_completed'] })).events;
const fork = await session.fork({ at: first?.seq ?? 0 });
claude.say([{ text: 'HELIOTROPE-7.' }]);
await using branch = await fork.run('And the word?', { ...example.runOptions, provider: 'claude' });
assert.equal((await branch.result).status, 'completed');
if (claude.model !== undefined) {
  const asked = JSON.stringify(claude.model.mainRequests.at(-1)?.body);
  assert.ok(asked.includes('HELIOTROPE-7') && !asked.includes('MARMALADE-3'));
}
console.log('A fork at the end of the first run knows the first word only.');
