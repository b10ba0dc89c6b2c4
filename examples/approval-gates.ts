// Tool calls that wait for a person: a policy that asks, a run that is given up while it waits, policies
// in a stack, and what a person decides: go on, go on with something else, refuse, refuse and stop.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionManager, type CommonRunOptions, type RunHandle } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('approval-gates', []);
await using manager = await createSessionManager({
  store: memoryStore(),
  providers: [example.provider],
  // Without this a call that needs a person is refused.
  approvals: { deadline: 60 * 60_000 },
});
const session = await manager.createSession({ provider: example.providerName });

/** Starts a run that wants to make a file, and gives it with the approval that it waits for. */
async function asking(name: string, options: CommonRunOptions = {}) {
  example.say([
    { text: 'I make the file.', tools: [{ tool: 'bash', command: `touch ${name}` }] },
    { text: 'I am done.' },
  ]);
  const run = await session.run(`Make the file "${name}" with touch in your shell.`, {
    ...example.runOptions,
    ...options,
  });
  for await (const event of run) {
    if (event.type !== 'tool_approval_requested') continue;
    console.log(`asked: ${event.data.name} ${JSON.stringify(event.data.input)}: ${event.data.reason}`);
    assert.equal((await run.read()).waitingFor, 'approval');
    assert.equal(await isMade(name), false, 'nothing runs while it waits');
    return { run, approval: await manager.approvals.get(event.data.approvalId) };
  }
  throw new Error('The run ended without a question.');
}

async function isMade(name: string): Promise<boolean> {
  return await access(join(example.folder, name)).then(
    () => true,
    () => false,
  );
}

/** The types of the events of a run. */
async function typesOf(run: RunHandle): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const { type } of run) types.push(type);
  return types;
}

async function end(title: string, run: RunHandle, name: string): Promise<string> {
  const { status } = await run.result;
  console.log(`${title}: ${status}, ${name} ${(await isMade(name)) ? 'is made' : 'is not made'}`);
  return status;
}

// Approved: the run goes on with the call. Whoever shares the store may decide, in any process.
const approved = await asking('approved');
await manager.approvals.decide(approved.approval.id, { as: 'allow' }, { by: 'ada', reason: 'only a file' });
assert.equal(await end('approved', approved.run, 'approved'), 'completed');
assert.equal(await isMade('approved'), true);
const decided = await manager.approvals.get(approved.approval.id);
assert.deepEqual([decided.status, decided.decidedBy], ['granted', 'ada']);
assert.ok(decided.spentAt !== undefined, 'a grant is used once');

// The second answer is too late: the first counts.
await assert.rejects(manager.approvals.decide(decided.id, { as: 'deny' }), { code: 'conflict' });

// Changed: the agent's tool gets another input, where its provider can do that.
const changed = await asking('original');
const field = Object.keys(changed.approval.call.input).find((name) => name === 'command' || name === 'cmd');
const input = { ...changed.approval.call.input, [field ?? 'command']: 'touch changed' };
if (example.provider.capabilities.changed_tool_input === 'native') {
  await manager.approvals.decide(changed.approval.id, { as: 'allow', input });
  assert.equal(await end('changed', changed.run, 'changed'), 'completed');
  assert.equal(await isMade('changed'), true);
} else {
  const refused = manager.approvals.decide(changed.approval.id, { as: 'allow', input });
  await assert.rejects(refused, { code: 'capability_not_supported' });
  await manager.approvals.decide(changed.approval.id, { as: 'deny', message: 'Make "changed" instead.' });
  assert.equal(await end('changed', changed.run, 'original'), 'completed');
}
assert.equal(await isMade('original'), false);

// Denied: the agent is told why, and goes on without.
const denied = await asking('denied');
await manager.approvals.decide(denied.approval.id, { as: 'deny', message: 'No files, please.' });
assert.equal(await end('denied', denied.run, 'denied'), 'completed');
assert.equal(await isMade('denied'), false);

// Stopped: the call is refused and the run ends.
const stopped = await asking('stopped');
await manager.approvals.decide(stopped.approval.id, { as: 'deny', message: 'Enough.', stop: true });
assert.equal(await end('stopped', stopped.run, 'stopped'), 'cancelled');

// Given up: a run that is cancelled while it waits takes its question back.
const cancelled = await asking('cancelled');
await cancelled.run.cancel('Approval was requested, and nobody has the time.');
assert.equal(await end('cancelled', cancelled.run, 'cancelled'), 'cancelled');
assert.equal((await manager.approvals.get(cancelled.approval.id)).status, 'withdrawn');
const told = (await typesOf(cancelled.run)).filter((type) => /^run_(started|c|f|t)|_approval_/.test(type));
console.log(`  ${told.join(', ')}`);
assert.deepEqual(told, [
  'run_created',
  'run_started',
  'tool_approval_requested',
  'run_cancel_requested',
  'tool_approval_withdrawn',
  'run_cancelled',
]);

// The function of the caller may send single calls to a person.
const sent = await asking('sent', {
  permissionMode: 'full_auto',
  authorize: ({ tool, command = '' }) =>
    tool === 'bash' && command.includes('touch')
      ? { decision: 'ask', reason: 'It makes a file.' }
      : { decision: 'allow' },
});
assert.equal(sent.approval.reason, 'It makes a file.');
await manager.approvals.decide(sent.approval.id, { as: 'allow' });
assert.equal(await end('sent by authorize', sent.run, 'sent'), 'completed');
assert.equal(await isMade('sent'), true);

// A policy may ask, too: it tells of the violation, and the run goes on when somebody allowed it. In a stack
// of policies the strictest action counts: cancel before request_approval before warn.
const team = {
  name: 'team',
  rules: { deny: ['bash(touch)'] },
  action: 'request_approval',
} satisfies CommonRunOptions['policy'];
const asked = await asking('policy', { permissionMode: 'full_auto', policy: team });
await manager.approvals.decide(asked.approval.id, { as: 'allow' });
const result = await asked.run.result;
assert.equal(result.status, 'completed');
assert.equal(await isMade('policy'), true);
assert.deepEqual(
  result.policy?.violations.map(({ kind, action }) => [kind, action]),
  [['tool_denied', 'request_approval']],
);
const ofPolicy = (await typesOf(asked.run)).filter((type) => /^(policy_|run_c)|_approval_/.test(type));
assert.deepEqual(ofPolicy, [
  'run_created',
  'policy_violated',
  'tool_approval_requested',
  'tool_approval_granted',
  'run_completed',
]);
for (const [actions, strictest] of [
  [['warn', 'request_approval'], 'request_approval'],
  [['request_approval', 'cancel', 'warn'], 'cancel'],
] as const) {
  example.say([{ text: 'Nothing to do.' }]);
  const policies = actions.map((action) => ({ ...team, name: action, action }));
  const run = await session.run('Say that you are done.', { ...example.runOptions, policies });
  const { policy } = await run.result;
  console.log(`${policy?.name ?? ''}: ${policy?.action ?? ''}`);
  assert.equal(policy?.action, strictest);
}

// For a time: what a rule allows needs no more questions in this session.
const first = await asking('pattern');
await manager.approvals.decide(first.approval.id, {
  as: 'allow_pattern',
  rule: { tool: 'bash', program: 'touch' },
  until: Date.now() + 60 * 60_000,
});
await first.run.result;
example.say([{ tools: [{ tool: 'bash', command: 'touch unasked' }] }, { text: 'Done.' }]);
const later = await session.run('Make the file "unasked" with touch in your shell.', example.runOptions);
assert.equal((await later.result).status, 'completed');
assert.equal(await isMade('unasked'), true);
const { rows } = await manager.approvals.list({ status: ['pending'] });
assert.deepEqual(rows, []);
console.log('what the rule allows is not asked about again');

// And no longer: what was granted for more than one call is listed, and taken back.
const [grant] = (await manager.approvals.grants({ sessionId: session.id })).rows;
assert.deepEqual([grant?.id, grant?.decision?.as], [first.approval.id, 'allow_pattern']);
await manager.approvals.revoke(first.approval.id, { by: 'ada', reason: 'that was enough' });
await assert.rejects(manager.approvals.revoke(first.approval.id), { code: 'conflict' });
const anew = await asking('anew');
await manager.approvals.decide(anew.approval.id, { as: 'deny' });
assert.equal(await end('revoked', anew.run, 'anew'), 'completed');
assert.equal(await isMade('anew'), false);
