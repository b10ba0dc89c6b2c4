// One policy, forbidding the shell and giving no time at all, in two ways: with `cancel` the run ends with
// policy_violation, with `warn` it goes on and tells. Either way the command does not run.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionManager, describePolicy, type Policy, type RunResult } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('policy-enforcement', []);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const exists = (name: string): Promise<boolean> =>
  access(join(example.folder, name)).then(
    () => true,
    () => false,
  );

/** Runs under a policy; gives the result and the kinds of violations that are in the log. */
async function run(
  policy: Policy,
): Promise<{ readonly result: RunResult; readonly kinds: readonly string[] }> {
  const shown = describePolicy(policy);
  console.log(shown);
  assert.ok(shown.includes(policy.name ?? '') && shown.includes('bash'), 'what is in force can be read');
  example.say([
    { tools: [{ tool: 'bash', command: `touch '${join(example.folder, 'made')}'` }] },
    { text: 'I could not make it.' },
  ]);
  const session = await manager.createSession({ provider: example.providerName });
  await using handle = await session.run('Make the file "made" with touch in your shell.', {
    ...example.runOptions,
    permissionMode: 'dangerously_skip_permissions',
    policy,
  });
  const result = await handle.result;
  const { events } = await session.events({ types: ['policy_violated'], limit: 100 });
  const kinds = events.flatMap((event) => (event.type === 'policy_violated' ? [event.data.kind] : []));
  console.log(`-> ${result.status}; violations: ${kinds.join(', ')}`);
  for (const { layer, holds, how } of result.policy?.layers ?? [])
    console.log(`   ${layer}: ${holds.join('; ')}${how === undefined ? '' : ` (${how})`}`);
  return { result, kinds };
}

const rules = { deny: ['bash'] };

console.log('1. no time at all: the run ends, although the agent has done nothing');
const late = await run({ name: 'no time', action: 'cancel', limits: { duration: 0 }, rules });
assert.equal(late.result.status, 'failed');
assert.equal(late.result.error.code, 'policy_violation');
assert.deepEqual(late.kinds, ['limit_exceeded'], 'told once');

console.log('2. no shell: the first try ends the run');
const stopped = await run({ name: 'no shell', action: 'cancel', rules });
assert.equal(stopped.result.status, 'failed');
assert.equal(stopped.result.error.code, 'policy_violation');
assert.deepEqual(stopped.kinds, ['tool_denied'], 'told once');
assert.equal(await exists('made'), false, 'what is forbidden did not happen');

console.log('3. both, as a warning: the run ends well and tells of it');
const warned = await run({ name: 'warn only', action: 'warn', limits: { duration: 0 }, rules });
assert.equal(warned.result.status, 'completed', JSON.stringify(warned.result));
assert.equal(warned.result.policy?.action, 'warn');
assert.ok(warned.kinds.includes('limit_exceeded'), 'the time');
assert.deepEqual(
  warned.result.policy.violations.map(({ kind }) => kind),
  warned.kinds,
  'the result has what the log has',
);
if (example.model !== undefined) assert.ok(warned.kinds.includes('tool_denied'), 'the shell');
assert.equal(await exists('made'), false, 'a warning opens nothing');
