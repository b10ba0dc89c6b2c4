import { describe, expect, it } from 'vitest';
import { callOf, memory, openApprovalRoom, pendingId } from '../../test/manager/approval-room.ts';
import type { ApprovalDecision } from '../domain/approval.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

const day = 24 * 60 * 60_000;

describe('what is kept of a call', () => {
  const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';

  it('has no secret in it, and no key by which it is recognised', async () => {
    await using room = await openApprovalRoom([callOf(`curl -H "Authorization: Bearer ${secret}" x`)]);
    const run = await room.run();
    const id = await pendingId(room.manager);
    const view = await room.manager.approvals.get(id);
    const listed = JSON.stringify([view, (await room.manager.approvals.list()).rows]);
    expect(listed).not.toContain(secret);
    expect(listed).not.toContain('salt');
    expect(view).toMatchObject({ partial: true, call: { command: expect.stringContaining('[REDACTED') } });
    const edited = { command: view.call.command ?? '' };
    await expect(room.manager.approvals.decide(id, { as: 'allow', input: edited })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('placeholder'),
    });
    await expect(
      room.manager.approvals.decide(id, { as: 'allow', input: { command: `echo ${secret}` } }),
    ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('secret') });
    await room.manager.approvals.decide(id, { as: 'allow' });
    await run.result;
    // The tool gets what its agent wrote.
    expect(JSON.stringify(room.ran)).toContain(secret);
  });

  it('is cut where it is long, and the cut can not be approved as an input', async () => {
    await using room = await openApprovalRoom([callOf(`echo ${'x'.repeat(200_000)}`)]);
    await room.run();
    const id = await pendingId(room.manager);
    const view = await room.manager.approvals.get(id);
    expect(view.partial).toBe(true);
    expect(JSON.stringify(view).length).toBeLessThan(150_000);
    await expect(
      room.manager.approvals.decide(id, { as: 'allow', input: view.call.input }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('answers that do not fit', () => {
  const until = Date.now() + day;
  it.each<[string, ApprovalDecision]>([
    ['answers to a permission', { as: 'answer', answers: {} }],
    ['a rule that would not allow the call', { as: 'allow_pattern', rule: { tool: 'write' }, until }],
    ['a time that is over', { as: 'allow_pattern', rule: { tool: 'bash' }, until: 5 }],
    ['a time that is none', { as: 'allow_pattern', rule: { tool: 'bash' }, until: Number.NaN }],
    ['no rule', { as: 'allow_pattern', rule: JSON.parse('{"tool":7}'), until }],
    ['no object', JSON.parse('"allow"')],
    ['an unknown decision', JSON.parse('{"as":"perhaps"}')],
    ['an input that is none', JSON.parse('{"as":"allow","input":"ls"}')],
  ])('are refused, and the question stays open: %s', async (_name, decision) => {
    await using room = await openApprovalRoom([callOf('ls')]);
    await room.run();
    const id = await pendingId(room.manager);
    await expect(room.manager.approvals.decide(id, decision)).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect((await room.manager.approvals.get(id)).status).toBe('pending');
  });

  it.each(['apr_nobody', 'run_1', ''])('nobody knows %j', async (id) => {
    await using room = await openApprovalRoom([]);
    await expect(room.manager.approvals.decide(id, { as: 'allow' })).rejects.toMatchObject({
      code: 'approval_not_found',
    });
  });

  it('another input for a provider that can not take one', async () => {
    const place = memory.place();
    const unable = { changed_tool_input: 'unsupported' } as const;
    const providers = [scriptedProvider([{ tool: callOf('x') }], { capabilities: unable })];
    await using manager = await createSessionManager({ store: place.open(), providers, approvals: {} });
    const session = await manager.createSession({ cwd: '/tmp' });
    await session.run('go');
    const id = await pendingId(manager);
    await expect(manager.approvals.decide(id, { as: 'allow', input: {} })).rejects.toMatchObject({
      code: 'capability_not_supported',
    });
  });
});

it('options that can not be are refused before anything is written', async () => {
  await using room = await openApprovalRoom([]);
  for (const approvals of [
    { deadline: 0 },
    { deadline: Number.NaN },
    { deadline: 1e15 },
    { parkAfter: -1 },
  ]) {
    await expect(room.run({ approvals })).rejects.toMatchObject({ code: 'invalid_input' });
  }
  await expect(room.run({ approvals: JSON.parse('{"onExpiry":"ask"}') })).rejects.toMatchObject({
    code: 'invalid_input',
  });
  await expect(room.run({ approvals: JSON.parse('{"deadLine":5}') })).rejects.toMatchObject({
    code: 'unknown_option',
  });
});
