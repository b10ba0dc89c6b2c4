import { describe, expect, it } from 'vitest';
import { AsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';
import { brandId } from '../domain/id.ts';
import type { AttemptFailure, RouteRequest } from '../ports/attempt-router.ts';
import { router } from '../routing/router.ts';
import type { RetryPolicy } from '../routing/retry-policy.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { AttemptPlanner } from './attempt-planner.ts';

const a = scriptedProvider([], { name: 'a' });
const b = scriptedProvider([], { name: 'b' });
const clock = createTestClock();
const request: RouteRequest = {
  sessionId: brandId('session', 'ses_one'),
  demand: { required: [], acceptObserved: false },
};

function failure(code: ErrorCode): AttemptFailure {
  return { error: new AsmError(code, 'It failed.'), sideEffects: false };
}

function begun(provider: typeof a, retry?: RetryPolicy): AttemptPlanner {
  const planner = new AttemptPlanner(provider, request, retry, clock);
  planner.first();
  return planner;
}

describe('what follows a failed attempt', () => {
  it('is a retry as often as the policy says, and then nothing', () => {
    const planner = begun(a, { tries: 3, delay: 0 });
    const next = [1, 2, 3].map(() => planner.after(failure('agent_crashed'), false)?.as);
    expect(next).toEqual(['retry', 'retry', undefined]);
  });

  it('is the conversation as text where the agent’s own can’t go on, once', () => {
    const planner = begun(a);
    expect(planner.after(failure('resume_failed'), true)).toMatchObject({
      as: 'replay',
      provider: a,
      candidates: ['a'],
    });
    expect(planner.after(failure('resume_failed'), true)).toBeUndefined();
    expect(begun(a).after(failure('resume_failed'), false)).toBeUndefined();
  });

  it('is called by what it is: another candidate takes over, or the same one tries again', () => {
    const both = begun(router({ candidates: [a, b], clock }), { tries: 2, delay: 0 });
    expect(both.after(failure('agent_crashed'), false)).toMatchObject({ as: 'failover', provider: b });
    expect(both.after(failure('agent_crashed'), false)).toMatchObject({ as: 'failover', provider: a });
    const alone = begun(router({ candidates: [a], clock }), { tries: 2, delay: 0 });
    expect(alone.after(failure('agent_crashed'), false)).toMatchObject({ as: 'retry', provider: a });
  });

  it('is nothing where all candidates are out of reach: the failure says more than that', () => {
    const made = router({ candidates: [a], breaker: { failures: 1 }, clock });
    expect(begun(made, { tries: 5, delay: 0 }).after(failure('agent_crashed'), false)).toBeUndefined();
  });
});
