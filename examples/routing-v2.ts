// Weights, stickiness with an end, and a breaker that opens, lets one try, and closes, over three agents.
import assert from 'node:assert/strict';
import { createSessionManager, router, type Router, type SessionId } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { createTestClock } from '../src/testing/index.ts';
import { openExampleAgents, type OpenAgent } from './support/example-agents.ts';

await using example = await openExampleAgents('routing-v2', ['claude', 'codex', 'amp']);
const [claude, codex, amp] = [example.agent('claude'), example.agent('codex'), example.agent('amp')];
const clock = createTestClock();
const candidates = [
  { provider: claude.provider, weight: 1 },
  { provider: codex.provider, weight: 10 },
  { provider: amp.provider, weight: 1 },
];
const weighted = router({ name: 'weighted', candidates, strategy: 'weighted', stickiness: 60_000, clock });
const guarded = router({
  name: 'guarded',
  candidates: [codex.provider, claude.provider],
  stickiness: 0,
  breaker: { failures: 2, cooldown: 30_000 },
  clock,
});
await using manager = await createSessionManager({ store: memoryStore(), providers: [weighted, guarded] });

let failing: OpenAgent | undefined;
async function run(
  provider: Router,
  id?: SessionId,
): Promise<{ readonly by: string; readonly id: SessionId }> {
  for (const agent of example.agents) if (agent !== failing) agent.say([{ text: 'Hello.' }]);
  const session = id === undefined ? await manager.createSession() : await manager.getSession(id);
  await using handle = await session.run('Say hello.', { ...example.runOptions, provider: provider.name });
  const result = await handle.result;
  assert.equal(result.status, 'completed', JSON.stringify(result));
  return { by: result.provider, id: session.id };
}

console.log('1. weights 1, 10 and 1');
const chosen = [await run(weighted), await run(weighted), await run(weighted), await run(weighted)];
assert.deepEqual(
  chosen.map(({ by }) => by),
  ['codex', 'codex', 'codex', 'claude'],
  'mostly the heaviest, and the others in their turn',
);

console.log('2. a session stays where it was, for a time');
const last = chosen.at(-1);
assert.equal((await run(weighted, last?.id)).by, 'claude', 'the same session, the same agent');
clock.advance(60_000);
assert.equal((await run(weighted, last?.id)).by, 'codex', 'after its time it is chosen anew');

if (example.offline) {
  console.log('3. the breaker opens after two failures');
  failing = codex;
  codex.fail(500);
  const state = (): string | undefined => guarded.health()[0]?.breaker;
  assert.equal((await run(guarded)).by, 'claude');
  assert.equal(state(), 'closed');
  assert.equal((await run(guarded)).by, 'claude');
  assert.equal(state(), 'open');
  const asked = codex.model?.mainRequests.length;
  assert.equal((await run(guarded)).by, 'claude');
  assert.equal(codex.model?.mainRequests.length, asked, 'while it is open, nobody asks');
  clock.advance(30_000);
  assert.equal(state(), 'half_open');
  assert.equal((await run(guarded)).by, 'claude', 'one tried and failed');
  assert.equal(state(), 'open');
  console.log('4. it closes when one that tries succeeds');
  clock.advance(30_000);
  failing = undefined;
  assert.equal((await run(guarded)).by, 'codex');
  assert.equal(state(), 'closed');
}
console.log(JSON.stringify([...weighted.health(), ...guarded.health()]));
