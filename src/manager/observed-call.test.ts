import { expect, it } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import type { ToolKind } from '../domain/tool.ts';
import { toolCallFromEvent } from './observed-call.ts';

const moved = { path: 'a.ts', kind: { type: 'update', move_path: 'b.ts' } };

it.each<[string, ToolKind, JsonObject, object]>([
  ['Claude Code', 'execute', { command: 'npm test' }, { command: 'npm test' }],
  ['Amp', 'execute', { cmd: 'npm test' }, { command: 'npm test' }],
  [
    'the shell provider',
    'execute',
    { program: 'npm', arguments: ['run', "it's"] },
    { command: String.raw`'npm' 'run' 'it'\''s'` },
  ],
  ['Claude Code', 'edit', { file_path: '/a.ts', content: '' }, { paths: ['/a.ts'] }],
  ['Amp', 'edit', { path: '/a.ts', content: '' }, { paths: ['/a.ts'] }],
  ['Codex', 'edit', { changes: [moved] }, { paths: ['a.ts', 'b.ts'] }],
  ['Codex', 'edit', { changes: [moved, 'unknown'] }, {}],
])('a call of %s (%s) has its command and paths under one name', (_agent, kind, input, expected) => {
  const call = toolCallFromEvent({ toolCallId: 't', name: 'Name', tool: 'tool', kind, input });
  expect(call).toEqual({ id: 't', name: 'Name', tool: 'tool', kind, input, ...expected });
});
