import { expect, it } from 'vitest';
import { buildToolCall, toolIdentity } from './tool-call.ts';

it.each([
  ['Bash', 'bash', 'execute'],
  ['MultiEdit', 'edit', 'edit'],
  ['WebSearch', 'web_search', 'fetch'],
  ['AskUserQuestion', 'ask_user', 'question'],
  ['ExitPlanMode', 'exit_plan', 'plan'],
  ['mcp__lab__add', 'mcp:lab/add', 'other'],
  ['mcp__my_lab__add__two', 'mcp:my_lab/add__two', 'other'],
  ['mcp__', 'mcp__', 'other'],
  ['SomethingNew', 'somethingnew', 'other'],
  ['constructor', 'constructor', 'other'],
])('%s is %s, of kind %s', (name, tool, kind) => {
  expect(toolIdentity(name)).toEqual({ tool, kind });
});

it('names the command and the paths', () => {
  expect(buildToolCall({ id: '1', name: 'Bash', input: { command: 'ls' } })).toMatchObject({ command: 'ls' });
  expect(buildToolCall({ id: '1', name: 'Edit', input: { file_path: '/a', old_string: 'x' } })).toMatchObject(
    { paths: ['/a'] },
  );
  expect(buildToolCall({ id: '1', name: 'Write', input: { file_path: 7 } })).not.toHaveProperty('paths');
});
