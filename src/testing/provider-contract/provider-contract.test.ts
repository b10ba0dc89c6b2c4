import { describe, expect, it } from 'vitest';
import { capabilityNames } from '../../domain/capability.ts';
import type { Provider, RunHost } from '../../ports/provider.ts';
import {
  assertClaimsAreProved,
  providerCases,
  providerCasesFor,
  runProviderCase,
  testProvider,
} from './provider-contract.ts';
import { scriptedCapabilities } from '../scripted-provider/scripted-provider.ts';
import { scriptedSubject, type Fault } from './scripted-subject.ts';

testProvider('the scripted agent', scriptedSubject(), { describe, it });
testProvider(
  'a scripted agent that can do little',
  scriptedSubject({
    steer: 'unsupported',
    interrupt: 'unsupported',
    fork: 'unsupported',
    max_turns: 'unsupported',
  }),
  { describe, it },
);

/** Gives the provider another host than the one that asks it. */
function withHost(change: () => Partial<RunHost>): (provider: Provider) => Provider {
  return (provider) => ({
    ...provider,
    run: (request, host) =>
      provider.run(request, {
        signal: host.signal,
        authorize: (call, options) => host.authorize(call, options),
        steering: host.steering,
        interrupts: host.interrupts,
        callTool: (name, input, options) => host.callTool(name, input, options),
        ...change(),
      }),
  });
}

async function* nothing(): AsyncGenerator<never, void, void> {
  // Ends without an item.
}

const faults: readonly {
  readonly fault: string;
  readonly how: Fault;
  readonly fails: string;
  readonly says: RegExp;
}[] = [
  {
    fault: 'takes any native option',
    how: { wrap: (provider) => ({ ...provider, checkNative: () => undefined }) },
    fails: 'refuses native options that it does not have, where it looks at them before a run',
    says: /an option that there is not/,
  },
  {
    fault: 'says no agent_started',
    how: { misbehaviour: { skipAgentStarted: true } },
    fails: 'says agent_started first, and once',
    says: /first event/,
  },
  {
    fault: 'says agent_started twice',
    how: { misbehaviour: { repeatAgentStarted: true } },
    fails: 'says agent_started first, and once',
    says: /once/,
  },
  {
    fault: 'yields after its end',
    how: {
      misbehaviour: { eventsAfterEnd: [{ type: 'warning_raised', data: { code: 'late', message: 'late' } }] },
    },
    fails: 'has one outcome and nothing after it',
    says: /after the outcome/,
  },
  {
    fault: 'returns no outcome',
    how: { misbehaviour: { outcome: { value: undefined } } },
    fails: 'has one outcome and nothing after it',
    says: /status/,
  },
  {
    fault: 'does not stream',
    how: { chunks: 0 },
    fails: 'streams texts whose pieces are the message',
    says: /pieces/,
  },
  {
    fault: 'counts usage twice',
    how: { countsTwice: true },
    fails: 'reports the usage of the whole run, in disjoint classes',
    says: /usage/,
  },
  {
    fault: 'gives every failure one code',
    how: { failsWith: 'agent_failed' },
    fails: 'fails with the code of what the model service answered',
    says: /status 401/,
  },
  {
    fault: 'asks nobody',
    how: { unasked: true },
    fails: 'asks before a tool runs, and waits for the answer',
    says: /question/,
  },
  {
    fault: 'runs the tool before it asks',
    how: { runsBeforeAsking: true },
    fails: 'asks before a tool runs, and waits for the answer',
    says: /while the question is open/,
  },
  {
    fault: 'runs what was denied',
    how: { runsBeforeAsking: true },
    fails: 'does not run a tool that was denied, and goes on',
    says: /nothing is done/,
  },
  {
    fault: 'ignores changed input',
    how: { ignoresChangedInput: true },
    fails: 'runs a tool with the input that was changed',
    says: /what was done/,
  },
  {
    fault: 'leaves its processes behind',
    how: { forgetsProcesses: true },
    fails: 'ends with its processes when it is cancelled while a tool runs',
    says: /processes with the cookie/,
  },
  {
    fault: 'does not notice that it is cancelled',
    how: { wrap: withHost(() => ({ signal: new AbortController().signal })) },
    fails: 'does not ask the model when it is cancelled before it starts',
    says: /status|outcome/,
  },
  {
    fault: 'does not serve interrupts',
    how: { wrap: withHost(() => ({ interrupts: nothing() })) },
    fails: 'stops the turn when it is interrupted while the model answers',
    says: /not within/,
  },
  {
    fault: 'does not serve steering',
    how: { wrap: withHost(() => ({ steering: nothing() })) },
    fails: 'tells the model what is said while it works',
    says: /the answer to the message/,
  },
  {
    fault: 'starts afresh for unknown handles',
    how: { acceptAnyHandle: true },
    fails: 'refuses an unknown handle before it asks the model',
    says: /should have failed/,
  },
  {
    fault: 'forgets the history',
    how: { forgetsHistory: true },
    fails: 'goes on with a conversation by its handle',
    says: /heard/,
  },
];

describe('the suite finds a provider that', () => {
  for (const { fault, how, fails, says } of faults) {
    // The agent is the one that passes the whole suite above, but for the one fault.
    it(`${fault} (${fails})`, async () => {
      const found = providerCases.find((providerCase) => providerCase.name === fails);
      expect(found, `a case with the name: ${fails}`).toBeDefined();
      if (found === undefined) return;
      // Only a fault that shows as silence needs a short wait; elsewhere a slow machine must not look like one.
      const patience = /not within|question$/.test(says.source) ? 1500 : undefined;
      await expect(runProviderCase(found, scriptedSubject({}, how, patience))).rejects.toThrow(says);
    });
  }

  it('claims more than it describes', async () => {
    const subject = {
      ...scriptedSubject(),
      capabilities: { ...scriptedCapabilities, cost_reported: 'unsupported' as const },
    };
    const [describes] = providerCasesFor(subject);
    await expect(runProviderCase(describes ?? expect.fail('no case'), subject)).rejects.toThrow(
      /capabilities/,
    );
  });
});

describe('the cases', () => {
  it('are chosen by the claims', () => {
    const names = (steer: 'native' | 'observed' | 'unsupported'): readonly string[] =>
      providerCasesFor(scriptedSubject({ steer })).map((providerCase) => providerCase.name);
    expect(names('native')).toContain('tells the model what is said while it works');
    expect(names('unsupported')).toContain('refuses messages while it works');
    expect(names('observed')).not.toContain('tells the model what is said while it works');
  });

  it('have different names, and prove every capability', () => {
    expect(new Set(providerCases.map((providerCase) => providerCase.name)).size).toBe(providerCases.length);
    const proved = new Set(providerCases.flatMap((providerCase) => providerCase.claims ?? []));
    expect(capabilityNames.filter((name) => !proved.has(name))).toEqual([]);
  });

  it('are missing for a claim that nothing proves', () => {
    expect(() => assertClaimsAreProved(scriptedSubject())).not.toThrow();
    expect(() => assertClaimsAreProved(scriptedSubject({ steer: 'observed' }))).toThrow(/without a proof/);
    expect(() => assertClaimsAreProved(scriptedSubject({ tool_events: 'unsupported' }))).toThrow(
      /without a proof/,
    );
  });
});
