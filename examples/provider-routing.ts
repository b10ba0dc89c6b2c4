// A router over two agents. What a run requires moves it away from the preferred one, and when the service
// of the preferred one fails, the other takes over; the log says all of it.
import assert from 'node:assert/strict';
import { createSessionManager, router, type EventData, type RunOptions } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { openExampleAgents } from './support/example-agents.ts';

await using example = await openExampleAgents('provider-routing', ['codex', 'claude']);
const [preferred, other] = [example.agent('codex'), example.agent('claude')];
const both = router({ candidates: [preferred.provider, other.provider], stickiness: 0 });
await using manager = await createSessionManager({ store: memoryStore(), providers: [both] });

async function routed(options: RunOptions): Promise<readonly EventData['attempt_routed'][]> {
  const session = await manager.createSession({ provider: 'router' });
  await using run = await session.run('Say hello.', { ...example.runOptions, ...options });
  const result = await run.result;
  assert.equal(result.status, 'completed', JSON.stringify(result));
  const { events } = await session.events({ runId: run.id, types: ['attempt_routed'] });
  const attempts = events.flatMap((event) => (event.type === 'attempt_routed' ? event.data : []));
  assert.equal(result.provider, attempts.at(-1)?.routedProvider, 'the result names who did the work');
  for (const attempt of attempts) console.log(`   ${JSON.stringify(attempt)}`);
  return attempts;
}

for (const agent of example.agents) agent.say([{ text: 'Hello.' }]);
console.log('1. nothing speaks against the preferred one');
assert.equal((await routed({})).at(-1)?.routedProvider, 'codex');

console.log('2. a run that may change the input of tools');
for (const agent of example.agents) agent.say([{ text: 'Hello.' }]);
const [moved] = await routed({ requires: ['changed_tool_input'] });
assert.equal(moved?.routedProvider, 'claude', 'only the other one can do that');
assert.deepEqual([moved.routingAttempt, moved.routingCandidates], [1, ['claude']]);

if (example.offline) {
  console.log('3. the service of the preferred one fails');
  preferred.fail(500);
  other.say([{ text: 'Hello from the other side.' }]);
  const [failed, takesOver] = await routed({});
  assert.equal(failed?.routedProvider, 'codex');
  assert.deepEqual(
    [takesOver?.routedProvider, takesOver?.failoverFrom, takesOver?.failoverReason],
    ['claude', 'codex', 'provider_unavailable'],
  );
  console.log(`   health: ${JSON.stringify(both.health())}`);
}
