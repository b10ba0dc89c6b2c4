import { describe, expect, it } from 'vitest';
import { capabilityNames } from '../../domain/capability.ts';
import { brandId } from '../../domain/id.ts';
import { permissionModes } from '../../domain/tool.ts';
import { acpCapabilities } from './capabilities.ts';
import { acpEnvironment } from './environment.ts';
import { chooseAgent } from './agent.ts';
import { checkNative, checkOptions } from './options.ts';
import { acpPresets, presetOf, type AcpPresetName } from './presets.ts';
import { acp } from './provider.ts';

const ids = { runId: brandId('run', 'run_1'), cookie: 'c' };

describe('the options of acp()', () => {
  it.each([
    [{}, 'invalid_input'],
    [{ preset: 'nobody' }, 'invalid_input'],
    [{ preset: 'constructor' }, 'invalid_input'],
    [{ command: '' }, 'invalid_input'],
    [{ command: 'x', arguments: 'y' }, 'invalid_input'],
    [{ command: 'x', capabilities: { telepathy: 'native' } }, 'invalid_input'],
    [{ command: 'x', argument: [] }, 'unknown_option'],
  ])('%j are refused', (options, code) => {
    expect(() => checkOptions(options)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('of one run are checked, too', () => {
    expect(() => checkNative({ modus: 'x' })).toThrow(
      expect.objectContaining({ code: 'unknown_option' }) as Error,
    );
    expect(checkNative({ mode: 'x', sessionMeta: { a: [1] } })).toEqual({
      mode: 'x',
      sessionMeta: { a: [1] },
    });
  });

  it('choose the name and what the agent can do', () => {
    expect(acp({ preset: 'gemini' })).toMatchObject({
      name: 'gemini',
      capabilities: acpCapabilities('gemini'),
    });
    expect(acp({ command: './agent' })).toMatchObject({ name: 'acp', capabilities: acpCapabilities() });
    expect(
      acp({ command: './agent', name: 'mine', capabilities: { native_resume: 'native' } }),
    ).toMatchObject({
      name: 'mine',
      capabilities: { ...acpCapabilities(), native_resume: 'native' },
    });
  });

  it('give the agent what its preset and the caller name, and nothing else', () => {
    const agent = chooseAgent(
      checkOptions({
        preset: 'claude-agent-acp',
        model: 'm1',
        environment: { inherit: ['MINE'], set: { A: '1' } },
      }),
    );
    const source = {
      PATH: '/bin',
      MINE: 'x',
      AWS_SECRET_ACCESS_KEY: 'secret',
      ANTHROPIC_API_KEY: 'key',
      CLAUDE_CODE_ENTRYPOINT: 'outer',
      ASM_RUN_COOKIE: 'outer',
    };
    expect(acpEnvironment(agent, ids, source)).toEqual({
      PATH: '/bin',
      MINE: 'x',
      ANTHROPIC_API_KEY: 'key',
      ANTHROPIC_MODEL: 'm1',
      A: '1',
      ASM_RUN_ID: 'run_1',
      ASM_RUN_COOKIE: 'c',
    });
  });
});

describe('the presets', () => {
  const names = Object.keys(acpPresets) as AcpPresetName[];

  it.each(names)('%s claims to ask before tools only with the contract suite behind it', (name) => {
    const preset = presetOf(name);
    const isProved = preset?.tested !== undefined && preset.proof === 'contract suite';
    if (!isProved) expect(acpCapabilities(name).approval_before_tool).toBe('observed');
    for (const capability of ['permission_modes', 'tool_rules'] as const)
      if (!isProved) expect(acpCapabilities(name)[capability]).toBe('unsupported');
    expect(Object.keys(acpCapabilities(name)).sort()).toEqual([...capabilityNames].sort());
  });

  it.each(names)('%s has a name for every mode that it promises', (name) => {
    if (acpCapabilities(name).permission_modes === 'unsupported') return;
    expect(Object.keys(presetOf(name)?.modes?.names ?? {}).sort()).toEqual([...permissionModes].sort());
  });
});
