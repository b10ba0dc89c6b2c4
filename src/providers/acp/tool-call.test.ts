import { describe, expect, it } from 'vitest';
import { decideByRules, parseToolRule } from '../../domain/tool-rule.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import { CallRegistry } from './call-registry.ts';
import { acpPresets, type AcpPresetName } from './presets.ts';
import { readToolCall } from './tool-call.ts';

const weather = { name: 'weather', description: '', inputSchema: {}, readOnly: false };

function read(said: JsonObject, preset?: AcpPresetName): ToolCall {
  const known = preset === undefined ? undefined : acpPresets[preset];
  const call = new CallRegistry(known).merge({ toolCallId: '1', ...said });
  if (call === undefined) throw new Error('no call');
  return readToolCall(call, { preset: known, clientTools: [weather] });
}

describe('a tool call of an agent', () => {
  it.each([
    [{ command: 'rm -rf x' }, 'rm -rf x'],
    [{ cmd: 'ls' }, 'ls'],
    [{ command: ['bash', '-lc', 'rm a; ls'] }, 'rm a; ls'],
    [{ command: ['git', 'commit', '-m', "it's"] }, "git commit -m 'it'\\''s'"],
  ])('with the input %j runs %s', (rawInput, command) => {
    expect(read({ kind: 'execute', title: 'Run', rawInput })).toMatchObject({
      tool: 'bash',
      kind: 'execute',
      command,
    });
  });

  it('that does not tell its command is denied by every rule about programs', () => {
    const call = read({ kind: 'execute', title: 'Run tests' });
    const rules = { deny: [parseToolRule('bash(rm)')], allow: [parseToolRule('bash(npm test)')] };
    expect(decideByRules(call, rules, { cwd: '/' })).toMatchObject({ decision: 'deny' });
    expect(decideByRules(call, { allow: rules.allow }, { cwd: '/' })).toBeUndefined();
  });

  it('names all paths that it says or shows', () => {
    const call = read({
      kind: 'edit',
      title: 'Edit',
      rawInput: { path: 'a', new_path: '/etc/passwd' },
      locations: [{ path: 'b', line: 3 }, { path: 'a' }],
      content: [{ type: 'diff', path: '../c', oldText: null, newText: '' }],
    });
    expect(call.paths).toEqual(['a', '/etc/passwd', 'b', '../c']);
  });

  it('is dangerous when it is of a kind that nobody knows', () => {
    for (const said of [{ title: 'Mystery' }, { title: 'T', kind: 'think' }, { title: 'N', kind: 'novel' }])
      expect(read(said).kind).toBe('other');
  });

  it('of a preset with tools is known by its name, whatever kind it claims', () => {
    const preset = 'claude-agent-acp';
    expect(read({ name: 'Bash', kind: 'read', rawInput: { command: 'ls' } }, preset)).toMatchObject({
      kind: 'execute',
      command: 'ls',
    });
    expect(read({ name: 'Unheard', kind: 'read' }, preset)).toMatchObject({ tool: 'unheard', kind: 'other' });
    expect(read({ name: 'constructor', kind: 'read' }, preset).kind).toBe('other');
    expect(read({ kind: 'read', _meta: { claudeCode: { toolName: 'Write' } } }, preset).kind).toBe('edit');
  });

  it('of a server has the name that all providers give it, and that of our server is a client tool', () => {
    expect(read({ name: 'mcp__lab__add__two', kind: 'read' })).toMatchObject({
      tool: 'mcp:lab/add__two',
      kind: 'other',
    });
    expect(read({ name: 'mcp__client__weather' })).toMatchObject({ tool: 'client:weather', kind: 'client' });
    expect(read({ name: 'mcp__client__other' })).toMatchObject({ tool: 'mcp:client/other', kind: 'other' });
  });

  it('has an input of bounded depth, always an object', () => {
    let deep: JsonObject = {};
    for (let depth = 0; depth < 5_000; depth++) deep = { deep };
    expect(JSON.stringify(read({ title: 'x', rawInput: deep }).input).length).toBeLessThan(1_000);
    expect(read({ title: 'x', rawInput: 'text' }).input).toEqual({ value: 'text' });
  });
});
