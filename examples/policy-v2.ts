// Policies stack: that of the organisation on the manager, that of the team on the run. The strictest wins. What the
// agent can be told it refuses by itself; all else is decided before the tool runs, or seen in the events.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionManager, describePolicy, mergePolicies, type Policy } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

const org: Policy = { name: 'org', action: 'cancel', limits: { totalTokens: 50_000, toolCalls: 20 } };
const team: Policy = {
  name: 'team',
  action: 'warn',
  limits: { totalTokens: 90_000, toolCalls: 5 },
  rules: { deny: ['bash', 'write', '*(outside .)'] },
};

await using example = await setUpExample('policy-v2', []);
await using manager = await createSessionManager({
  store: memoryStore(),
  providers: [example.provider],
  policy: org,
});

const merged = mergePolicies([org, team]);
const shown = describePolicy(merged);
console.log(shown);
for (const part of ['org + team', 'cancel', '50000', 'bash', 'write', 'outside .'])
  assert.ok(shown.includes(part), `"${part}" can be read`);
assert.equal(merged.name, 'org + team');
assert.equal(merged.action, 'cancel', 'the strictest action');
assert.deepEqual(
  merged.limits.map(({ limit, most }) => [limit, most]),
  [
    ['totalTokens', 50_000],
    ['toolCalls', 5],
  ],
  'the least of each limit, whoever set it',
);

const file = join(example.folder, 'made');
example.say([{ tools: [{ tool: 'bash', command: `touch '${file}'` }] }, { text: 'I could not make it.' }]);
const session = await manager.createSession({ provider: example.providerName });
await using run = await session.run('Make the file "made" with touch in your shell.', {
  ...example.runOptions,
  permissionMode: 'dangerously_skip_permissions',
  policy: team,
});
const result = await run.result;
const { events } = await session.events({ types: ['agent_started'], limit: 10 });
const started = events.find((event) => event.type === 'agent_started');
const refused = started?.type === 'agent_started' ? started.data.refusedTools : undefined;
console.log(
  `told to the agent: ${refused === undefined ? 'nothing' : `${refused.setting}: ${refused.tools.join(', ')}`}`,
);
for (const { layer, holds } of result.policy?.layers ?? []) console.log(`${layer}: ${holds.join('; ')}`);

assert.equal(result.policy?.name, 'org + team');
assert.ok(refused !== undefined && refused.tools.length > 0, 'the agent itself was told');
if (example.model !== undefined && example.providerName === 'claude') {
  const asked = JSON.stringify(example.model.mainRequests[0]?.body);
  for (const name of refused.tools)
    assert.ok(!asked.includes(`"name":"${name}"`), `and offers its model no ${name}`);
}
assert.deepEqual(
  result.policy.layers.map(({ layer }) => layer),
  ['compiled', 'gated', 'observed'],
  'each layer says what it holds',
);
const made = await access(file).then(
  () => true,
  () => false,
);
assert.equal(made, false, 'what is forbidden did not happen');
if (example.model !== undefined) {
  assert.equal(result.status, 'failed');
  assert.equal(result.error.code, 'policy_violation');
  assert.equal(result.error.details?.['policy'], 'team', 'whose rule it was');
  console.log(`-> ${result.error.message}`);
}
