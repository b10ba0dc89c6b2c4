import { expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import { buildToolCall, clientToolNames, toolIdentity } from './tool-call.ts';

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
  const build = (name: string, input: JsonObject): ToolCall =>
    buildToolCall({ id: '1', name, input }, clientToolNames());
  expect(build('Bash', { command: 'ls' })).toMatchObject({ command: 'ls' });
  expect(build('Edit', { file_path: '/a', old_string: 'x' })).toMatchObject({ paths: ['/a'] });
  expect(build('Write', { file_path: 7 })).not.toHaveProperty('paths');
});

it('knows the client tools of the run, and no others of that server', () => {
  const tool = { description: 'x', inputSchema: {} };
  const names = clientToolNames([
    { ...tool, name: 'look', readOnly: true },
    { ...tool, name: 'change', readOnly: false },
  ]);
  const build = (name: string): ToolCall => buildToolCall({ id: '1', name, input: {} }, names);
  expect(build('mcp__client__look')).toMatchObject({ name: 'look', tool: 'client:look', kind: 'read' });
  expect(build('mcp__client__change')).toMatchObject({ tool: 'client:change', kind: 'client' });
  expect(build('mcp__client__other')).toMatchObject({ tool: 'mcp:client/other', kind: 'other' });
});
