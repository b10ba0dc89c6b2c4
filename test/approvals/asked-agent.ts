import type { Provider } from '../../src/ports/provider.ts';
import type { TestClock } from '../../src/testing/deterministic-clock.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { callOf } from '../manager/approval-room.ts';

export const hour = 60 * 60_000;

/** An agent that works for 40 seconds of the clock, and then wants to run a command. */
export function askedAgent(clock: TestClock): Provider {
  const work = { call: async () => clock.advance(40_000) };
  // Its conversation may have begun in another process.
  return scriptedProvider([work, { tool: callOf('x') }], { clock, acceptAnyHandle: true });
}
