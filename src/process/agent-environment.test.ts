import { describe, expect, test } from 'vitest';
import { agentEnvironment } from './agent-environment.ts';

const source = {
  PATH: '/bin',
  HOME: '/home/me',
  LC_ALL: 'C',
  XDG_CONFIG_HOME: '/x',
  https_proxy: 'http://proxy',
  SSH_AUTH_SOCK: '/tmp/agent',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu',
  GITHUB_TOKEN: 'secret',
  ANTHROPIC_API_KEY: 'key',
  ASM_RUN_COOKIE: 'of another run',
  EMPTY: undefined,
};

describe('agentEnvironment', () => {
  test('inherits the default list and the names of the provider, no credentials', () => {
    expect({ ...agentEnvironment(['ANTHROPIC_API_KEY'], {}, { ASM_RUN_COOKIE: 'c' }, source) }).toEqual({
      PATH: '/bin',
      HOME: '/home/me',
      LC_ALL: 'C',
      XDG_CONFIG_HOME: '/x',
      https_proxy: 'http://proxy',
      ANTHROPIC_API_KEY: 'key',
      ASM_RUN_COOKIE: 'c',
    });
  });

  test('credentials come along when they are named, also by pattern', () => {
    const environment = agentEnvironment([], { inherit: ['SSH_AUTH_SOCK', 'AWS_*'] }, {}, source);
    expect(environment).toMatchObject({
      SSH_AUTH_SOCK: '/tmp/agent',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu',
    });
    expect(environment).not.toHaveProperty('GITHUB_TOKEN');
  });

  test('a lone star passes everything but the marks of another run', () => {
    const environment = agentEnvironment([], { inherit: ['*'] }, {}, source);
    expect(environment).toHaveProperty('GITHUB_TOKEN');
    expect(environment).not.toHaveProperty('ASM_RUN_COOKIE');
    expect(environment).not.toHaveProperty('EMPTY');
  });

  test('what the request sets wins over everything', () => {
    const environment = agentEnvironment(
      [],
      { set: { PATH: '/mine', MODE: 'mine' } },
      { MODE: 'provider' },
      source,
    );
    expect(environment).toMatchObject({ PATH: '/mine', MODE: 'mine' });
  });

  test('an odd but legal name is only data', () => {
    const environment = agentEnvironment([], { set: JSON.parse('{"__proto__":"x"}') }, {}, source);
    expect(Object.keys(environment)).toContain('__proto__');
  });

  test.each([
    { set: { '': 'x' } },
    { set: { 'A=B': 'x' } },
    { set: { 'A\0': 'x' } },
    { set: { A: 'x\0y' } },
    { set: { ASM_RUN_COOKIE: 'x' } },
    { inherit: ['A\0'] },
  ])('refuses %j', (request) => {
    expect(() => agentEnvironment([], request, {}, source)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
});
