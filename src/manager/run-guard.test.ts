import { expect, test } from 'vitest';
import type { ToolCall } from '../domain/tool.ts';
import { joinGuards, type RunGuard } from './run-guard.ts';

const call: ToolCall = { id: 'call', name: 'Bash', tool: 'bash', kind: 'execute', input: {} };

function says(decision: 'deny' | 'ask', reason: string): RunGuard {
  return { decide: () => ({ decision, reason }) };
}

test('of several guards one that denies beats those that ask, and the first reason counts', () => {
  expect(joinGuards([]).decide(call)).toBeUndefined();
  expect(joinGuards([{}, says('ask', 'a'), says('ask', 'b')]).decide(call)).toMatchObject({ reason: 'a' });
  expect(joinGuards([says('ask', 'a'), says('deny', 'b')]).decide(call)).toEqual({
    decision: 'deny',
    reason: 'b',
  });
});

test('every guard sees every event and tells its part of the row', () => {
  const seen: string[] = [];
  const guards = joinGuards([
    { see: ({ type }) => seen.push(`a ${type}`), end: () => ({ output: 'a' }) },
    { see: ({ type }) => seen.push(`b ${type}`) },
    { end: () => ({ stopReason: 'c' }) },
  ]);
  guards.see({ type: 'warning_raised', data: { code: 'x', message: 'y' } });
  expect(seen).toEqual(['a warning_raised', 'b warning_raised']);
  expect(guards.end()).toEqual({ output: 'a', stopReason: 'c' });
  expect(joinGuards([]).end()).toBeUndefined();
});
