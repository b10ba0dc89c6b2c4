import { afterEach, expect, it, vi } from 'vitest';
import { allProviders, providerNames, providersFor } from './command-line-providers.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('agents that a person names are providers like the others, and listed after them', async () => {
  vi.stubEnv('ASM_ACP_AGENTS', `mine=./bin/mine --acp 'two words';\n other.one=other\n;`);
  expect(providerNames().slice(-3)).toEqual(['shell', 'mine', 'other.one']);
  expect((await allProviders()).map(({ name }) => name)).toEqual(providerNames());
  const [mine, ...others] = await providersFor('mine');
  expect([mine?.name, others]).toEqual(['mine', []]);
  expect(await mine?.describe()).toMatchObject({
    agent: {
      installed: false,
      advice: 'There is no program "./bin/mine". Install it, or give its full path.',
    },
  });
});

it.each([
  ['claude=my-agent', 'There is a provider "claude" already.'],
  ['mine=one; mine=two', 'There is a provider "mine" already.'],
  ['mine=one | two', 'without shell syntax'],
  ['mine', 'It is <name>=<command line>'],
  ['mine=', 'It is <name>=<command line>'],
  ['--acp=one', 'It is <name>=<command line>'],
])('a wrong ASM_ACP_AGENTS is wrong use: %s', async (text, why) => {
  vi.stubEnv('ASM_ACP_AGENTS', text);
  const wrong = { code: 'invalid_input', message: expect.stringContaining(why) };
  for (const ask of [allProviders, () => providersFor('claude')]) {
    await expect(ask()).rejects.toMatchObject(wrong);
    await expect(ask()).rejects.toThrow('In the variable ASM_ACP_AGENTS: ');
  }
});
