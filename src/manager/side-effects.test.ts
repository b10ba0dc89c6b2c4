import { expect, it } from 'vitest';
import type { EventDraft } from '../domain/event.ts';
import { toolKinds, type ToolKind } from '../domain/tool.ts';
import { SideEffects } from './side-effects.ts';

function begun(kind: ToolKind): EventDraft {
  return { type: 'tool_call_started', data: { toolCallId: 'c', name: 'x', tool: 'x', kind, input: {} } };
}

it.each(toolKinds)('a call of kind %s may have changed something unless such calls only look', (kind) => {
  const effects = new SideEffects();
  effects.see(begun(kind));
  expect(effects.any).toBe(!['read', 'search', 'plan', 'question', 'internal'].includes(kind));
});

it('what was refused has changed nothing, and a file that was changed is a change, whoever did it', () => {
  const effects = new SideEffects();
  effects.see(begun('execute'));
  effects.see({ type: 'tool_call_decided', data: { toolCallId: 'c', decision: 'deny', by: 'rule' } });
  expect(effects.any).toBe(false);
  effects.see({ type: 'file_changed', data: { path: 'x', change: 'modified' } });
  expect(effects.any).toBe(true);
});
