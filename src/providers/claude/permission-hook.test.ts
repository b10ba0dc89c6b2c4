import { describe, expect, it } from 'vitest';
import { AsmError } from '../../domain/error.ts';
import type { Authorization, ToolCall } from '../../domain/tool.ts';
import { createPermissionHook, type PermissionHook } from './permission-hook.ts';
import { clientToolNames } from './tool-call.ts';

const never = new AbortController().signal;

function hookWith(decide: (call: ToolCall) => Authorization | Promise<Authorization>): {
  readonly hook: PermissionHook;
  readonly asked: ToolCall[];
} {
  const asked: ToolCall[] = [];
  const hook = createPermissionHook({
    authorize: async (call) => {
      asked.push(call);
      return await decide(call);
    },
    isAlone: () => false,
    lineageOf: (agentId) => ({ agentId, parentToolCallId: 'parent' }),
    clientTools: clientToolNames(),
    stopping: never,
  });
  return { hook, asked };
}

function ask(
  hook: PermissionHook,
  id: string,
  input: object,
  more: object = {},
): ReturnType<PermissionHook['beforeTool']> {
  return hook.beforeTool(
    { hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: input, tool_use_id: id, ...more },
    id,
    never,
  );
}

describe('the hook before a tool', () => {
  it('allows, changes and denies; and Claude Code asking again is no second question', async () => {
    const { hook, asked } = hookWith(({ command }) => {
      if (command === 'rm') return { decision: 'deny', reason: 'no' };
      return command === 'ls'
        ? { decision: 'allow', changedInput: { command: 'ls -l' } }
        : { decision: 'allow' };
    });
    expect(await ask(hook, '1', { command: 'true' })).toEqual({
      hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' },
    });
    expect(await ask(hook, '2', { command: 'ls' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'allow', updatedInput: { command: 'ls -l' } },
    });
    expect(await ask(hook, '3', { command: 'rm' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'deny', permissionDecisionReason: 'no' },
    });
    const caller = { signal: never };
    expect(await hook.canUseTool('Bash', { command: 'true' }, { toolCallId: '1', ...caller })).toEqual({
      behavior: 'allow',
      updatedInput: { command: 'true' },
    });
    expect(await hook.canUseTool('Bash', { command: 'ls -l' }, { toolCallId: '2', ...caller })).toEqual({
      behavior: 'allow',
      updatedInput: { command: 'ls -l' },
    });
    expect(await hook.canUseTool('Bash', { command: 'rm' }, { toolCallId: '3', ...caller })).toEqual({
      behavior: 'deny',
      message: 'no',
    });
    expect(asked.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(['1', '2', '3'].map((id) => hook.isDenied(id))).toEqual([false, false, true]);
  });

  it('asks when only Claude Code asks', async () => {
    const { hook, asked } = hookWith(() => ({ decision: 'allow' }));
    await hook.canUseTool('Bash', { command: 'ls' }, { toolCallId: '9', agentId: 'sub', signal: never });
    expect(asked).toMatchObject([
      { id: '9', command: 'ls', lineage: { agentId: 'sub', parentToolCallId: 'parent' } },
    ]);
  });

  it('changes the input, too, when only Claude Code asks', async () => {
    const { hook } = hookWith(() => ({ decision: 'allow', changedInput: { command: 'ls -l' } }));
    expect(await hook.canUseTool('Bash', { command: 'ls' }, { toolCallId: '9', signal: never })).toEqual({
      behavior: 'allow',
      updatedInput: { command: 'ls -l' },
    });
  });

  it('parks the one call of the main thread, and none of a subagent, which would be lost', async () => {
    const offered: (boolean | undefined)[] = [];
    const hook = createPermissionHook({
      authorize: (_call, { parking }) => {
        offered.push(parking?.possible());
        parking?.park();
        return parking === undefined ? Promise.resolve({ decision: 'allow' }) : new Promise(() => undefined);
      },
      isAlone: (id) => id === '1',
      lineageOf: (agentId) => ({ agentId, parentToolCallId: 'parent' }),
      clientTools: clientToolNames(),
      stopping: never,
    });
    expect(await ask(hook, '2', { command: 'ls' }, { agent_id: 'sub' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'allow' },
    });
    expect(hook.parked).toBe(false);
    expect(await ask(hook, '1', { command: 'ls' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'defer' },
    });
    expect(hook.parked).toBe(true);
    expect(offered).toEqual([undefined, true]);
  });

  it('refuses another call under an id that was decided', async () => {
    const { hook, asked } = hookWith(() => ({ decision: 'allow' }));
    await ask(hook, '1', { command: 'ls' });
    expect(await ask(hook, '1', { command: 'rm -rf /' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'deny' },
    });
    expect(
      await hook.canUseTool('Write', { command: 'ls' }, { toolCallId: '1', signal: never }),
    ).toMatchObject({ behavior: 'deny' });
    expect(asked).toHaveLength(1);
  });

  it('refuses when the gate throws, and when the question is malformed', async () => {
    const { hook } = hookWith(() => {
      throw new AsmError('internal_error', 'broken');
    });
    expect(await ask(hook, '1', { command: 'ls' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'deny' },
    });
    expect(hook.openQuestions).toBe(0);
    for (const input of [null, 'text', {}, { tool_use_id: 'x' }]) {
      expect(await hook.beforeTool(input, undefined, never)).toMatchObject({
        hookSpecificOutput: { permissionDecision: 'deny' },
      });
    }
  });

  it('lets the search for tools go on by itself', async () => {
    const { hook, asked } = hookWith(() => ({ decision: 'deny', reason: 'no' }));
    expect(await ask(hook, '1', { query: 'x' }, { tool_name: 'ToolSearch' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'allow' },
    });
    expect(asked).toEqual([]);
    // A tool of another name that only looks like it.
    expect(await ask(hook, '2', { query: 'x' }, { tool_name: 'tool_search' })).toMatchObject({
      hookSpecificOutput: { permissionDecision: 'deny' },
    });
    expect(asked).toHaveLength(1);
  });
});
