import { expect, it } from 'vitest';
import { capabilities } from '../domain/capability.ts';
import type { ProviderDescription } from '../ports/provider.ts';
import { remarkOnVersion } from './tested-version.ts';

function described(agent: Partial<ProviderDescription['agent']>): ProviderDescription {
  return {
    name: 'agent',
    agent: { installed: true, ...agent },
    signedIn: 'yes',
    capabilities: capabilities({}),
  };
}

const tested = { from: '2.1.9', to: '2.1.330' };

it.each([
  ['2.1.9', 'tested'],
  ['2.1.100', 'tested'],
  ['2.1.330', 'tested'],
  ['2.1.330-beta', 'tested'],
  ['v2.1.8', 'older'],
  ['2.1', 'older'],
  ['2.1.331', 'newer'],
  ['2.2', 'newer'],
  ['10.0.0', 'newer'],
])('says that %s is %s', (version, standing) => {
  const { agent } = remarkOnVersion(described({ version, tested }));
  expect(agent.standing).toBe(standing);
  expect(agent.advice === undefined).toBe(standing === 'tested');
  if (agent.advice !== undefined) expect(agent.advice).toContain(`${standing} than what is tested`);
});

it('tells versions apart whose last number is a time', () => {
  const amp = { from: '0.0.1774569934-g39e3ec', to: '0.0.1774569934-g39e3ec' };
  const standing = (version: string): unknown =>
    remarkOnVersion(described({ version, tested: amp })).agent.standing;
  expect(standing('0.0.1774569934-g39e3ec')).toBe('tested');
  expect(standing('0.0.1790142911-gabcdef')).toBe('newer');
});

it('says nothing where a version or the tested ones are unknown, and adds to other advice', () => {
  expect(remarkOnVersion(described({ tested })).agent).not.toHaveProperty('standing');
  expect(remarkOnVersion(described({ version: '1' })).agent).not.toHaveProperty('standing');
  const { agent } = remarkOnVersion(described({ version: '1', tested, advice: 'Sign in.' }));
  expect(agent.advice).toMatch(/^Sign in\. Version 1 is older/);
});
