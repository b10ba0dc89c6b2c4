import { describe, expect, it } from 'vitest';
import { timeSortedIds } from '../../domain/id.ts';
import { ampEnvironment, dataFolder, settingsFile } from './environment.ts';
import { checkNative, checkOptions } from './options.ts';
import { amp } from './provider.ts';
import { runSettings } from './settings.ts';

describe('options', () => {
  it('that nothing reads are refused, with the name that was meant', () => {
    expect(() => checkNative({ lables: [] })).toThrow(/There is no native option of amp "lables".*"labels"/);
    expect(() => checkOptions({ model: 'x' })).toThrow(/There is no option of amp\(\) "model"/);
    expect(() => amp({ mode: 'smart' })).not.toThrow();
  });

  it.each([
    [{ mode: 'free' }],
    [{ visibility: 'secret' }],
    [{ labels: ['--settings-file'] }],
    [{ executable: '' }],
    ['text'],
  ])('that are not right are refused: %j', (native) => {
    expect(() => checkNative(native)).toThrow();
  });
});

describe('the environment', () => {
  const request = { runId: timeSortedIds('run'), cookie: 'c'.repeat(32) };

  it("has Amp's own variables, but not those of an outer Amp", () => {
    const source = {
      HOME: '/home/me',
      AMP_API_KEY: 'key',
      AMP_PWD: '/elsewhere',
      AMP_CURRENT_THREAD_ID: 'T-1',
      PLUGINS: 'all',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    expect(ampEnvironment(request, source)).toEqual({
      HOME: '/home/me',
      AMP_API_KEY: 'key',
      AMP_SKIP_UPDATE_CHECK: '1',
      ASM_RUN_ID: request.runId,
      ASM_RUN_COOKIE: request.cookie,
    });
  });

  it('says where Amp keeps its files', () => {
    expect(dataFolder({ HOME: '/home/me' })).toBe('/home/me/.local/share/amp');
    expect(dataFolder({ HOME: '/home/me', XDG_DATA_HOME: '/data' })).toBe('/data/amp');
    expect(settingsFile({ HOME: '/home/me' })).toBe('/home/me/.config/amp/settings.json');
    expect(settingsFile({ XDG_CONFIG_HOME: '/config' })).toBe('/config/amp/settings.json');
    expect(settingsFile({ AMP_SETTINGS_FILE: '/own.json' })).toBe('/own.json');
  });
});

describe('the settings of a run', () => {
  const ownSettings = {
    'amp.url': 'https://amp.example',
    'amp.permissions': [{ tool: '*', action: 'allow' }],
    'amp.dangerouslyAllowAll': true,
    'amp.mcpServers': { mine: { command: 'x' } },
  };

  it('ask about every call, whatever the person allowed elsewhere, and keep how the server is reached', () => {
    const parts = { helper: '/helper', mcpServers: {}, native: {}, ownSettings };
    expect(runSettings({ ...parts, refusedTools: ['Bash'] })['amp.permissions']).toEqual([
      { tool: 'Bash', action: 'reject' },
      { tool: '*', action: 'delegate', to: '/helper' },
    ]);
    expect(runSettings({ ...parts, refusedTools: [] })).toMatchObject({
      'amp.url': 'https://amp.example',
      'amp.permissions': [{ tool: '*', action: 'delegate', to: '/helper' }],
      'amp.dangerouslyAllowAll': false,
      'amp.mcpServers': {},
    });
  });

  it('name the MCP servers as Amp does', () => {
    const mcpServers = {
      program: { type: 'stdio', command: 'a', arguments: ['b'], environment: { C: 'd' } },
      address: { type: 'http', url: 'https://e', headers: { f: 'g' } },
      stream: { type: 'sse', url: 'https://h' },
    } as const;
    const settings = runSettings({
      helper: '/helper',
      mcpServers,
      native: { enabledTools: ['Bash'] },
      ownSettings: {},
      refusedTools: [],
    });
    expect(settings).toMatchObject({
      'amp.mcpServers': {
        program: { command: 'a', args: ['b'], env: { C: 'd' } },
        address: { url: 'https://e', headers: { f: 'g' } },
        stream: { url: 'https://h', transport: 'sse' },
      },
      'amp.tools.enable': ['Bash'],
    });
  });
});
