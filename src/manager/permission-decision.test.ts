import { describe, expect, it } from 'vitest';
import { permissionModes, toolKinds, type PermissionMode, type ToolKind } from '../domain/tool.ts';
import { decideByMode } from './permission-decision.ts';

/** What is not asked about in a mode, and what is refused in it; all else is asked. Edits have no path here. */
const table: Readonly<
  Record<PermissionMode, { readonly allow: readonly ToolKind[]; readonly deny: readonly ToolKind[] }>
> = {
  default: { allow: ['read', 'search', 'internal', 'agent', 'client'], deny: [] },
  accept_edits: { allow: ['read', 'search', 'internal', 'agent', 'client'], deny: [] },
  plan: {
    allow: ['read', 'search', 'internal', 'agent', 'fetch'],
    deny: ['edit', 'execute', 'client', 'other'],
  },
  full_auto: {
    allow: ['read', 'search', 'internal', 'agent', 'client', 'execute', 'fetch', 'other'],
    deny: [],
  },
  dangerously_skip_permissions: { allow: toolKinds, deny: [] },
};

describe.each(permissionModes)('the mode %s', (mode) => {
  it.each(toolKinds)('and a call of kind %s', (kind) => {
    const { allow, deny } = table[mode];
    const expected = allow.includes(kind) ? 'allow' : deny.includes(kind) ? 'deny' : 'ask';
    const call = { id: 'c', name: 'x', tool: 'x', kind, input: {} };
    expect(decideByMode(mode, call, '/work').decision).toBe(expected);
  });
});
