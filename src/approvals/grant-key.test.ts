import { describe, expect, it } from 'vitest';
import { brandId } from '../domain/id.ts';
import type { ToolCall } from '../domain/tool.ts';
import { isSameCall, isSameInSession, makeGrantKey, type GrantSubject } from './grant-key.ts';

const call: ToolCall = {
  id: 'c1',
  name: 'Bash',
  tool: 'bash',
  kind: 'execute',
  input: { command: 'rm -r build', description: 'Cleans', list: [1, { b: 2, a: 1 }] },
  remarks: ['description'],
};
const subject: GrantSubject = {
  sessionId: brandId('session', 'ses_1'),
  runId: brandId('run', 'run_1'),
  provider: 'claude',
  cwd: '/home/ada',
  call,
};

function withCall(fields: Partial<ToolCall>): GrantSubject {
  return { ...subject, call: { ...call, ...fields } };
}

describe('a grant key', () => {
  const key = makeGrantKey(subject);
  it.each<[string, GrantSubject]>([
    ['another id of the call', withCall({ id: 'c2' })],
    ['another order of fields', withCall({ input: { list: [1, { a: 1, b: 2 }], command: 'rm -r build' } })],
    ['another title', withCall({ input: { ...call.input, description: 'Something else' } })],
  ])('holds for %s', (_what, same) => {
    expect(isSameCall(key, same)).toBe(true);
    expect(isSameInSession(key, same)).toBe(true);
  });
  it.each<[string, GrantSubject]>([
    ['another session', { ...subject, sessionId: brandId('session', 'ses_2') }],
    ['another provider', { ...subject, provider: 'codex' }],
    ['another folder', { ...subject, cwd: '/home/ada/' }],
    ['another tool', withCall({ tool: 'powershell' })],
    ['another command', withCall({ input: { ...call.input, command: 'rm -r  build' } })],
    ['one field more', withCall({ input: { ...call.input, run_in_background: true } })],
    ['another order of a list', withCall({ input: { ...call.input, list: [{ b: 2, a: 1 }, 1] } })],
    [
      'an object in the form of a list',
      withCall({ input: { ...call.input, list: { 0: 1, 1: { b: 2, a: 1 } } } }),
    ],
    [
      'a list in the form of an object',
      withCall({ input: { ...call.input, list: [1, ['{}', ['a', 1], ['b', 2]]] } }),
    ],
    ['a title that counts', withCall({ remarks: [], input: { ...call.input, description: 'x' } })],
  ])('holds not for %s', (_what, other) => {
    expect(isSameCall(key, other)).toBe(false);
    expect(isSameInSession(key, other)).toBe(false);
  });
  it.each<[string, GrantSubject]>([
    ['another run', { ...subject, runId: brandId('run', 'run_2') }],
    ['a subagent', withCall({ lineage: { agentId: 'a1', parentToolCallId: 'c0' } })],
  ])('of one call holds not for %s, of the session it does', (_what, other) => {
    expect(isSameCall(key, other)).toBe(false);
    expect(isSameInSession(key, other)).toBe(true);
  });
  it('shows nothing of the call, and not that two calls are the same', () => {
    const again = makeGrantKey(subject);
    expect(JSON.stringify(key)).not.toContain('build');
    expect(new Set([key.salt, again.salt, key.call, again.call, key.session, again.session]).size).toBe(6);
  });
});
