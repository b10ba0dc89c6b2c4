import { describe, expect, it } from 'vitest';
import { brandId } from '../domain/id.ts';
import { AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import { WorkedTime } from './worked-time.ts';

const approvalId = brandId('approval', 'apr_1');
const toolCallId = 'call';
const begins: EventDraft = {
  type: 'run_started',
  data: { requested: { provider: 'p', permissionMode: 'default', continuation: 'auto' } },
};
const resumed: EventDraft = { type: 'run_resumed', data: { from: 'interrupted', approvalIds: [approvalId] } };
const answer: EventDraft = { type: 'turn_completed', data: {} };
const expired: EventDraft = { type: 'tool_approval_expired', data: { approvalId, toolCallId, as: 'deny' } };

function asked(workedMs?: number): EventDraft {
  return {
    type: 'tool_approval_requested',
    data: {
      ...{ approvalId, toolCallId, name: 'Bash', tool: 'bash', kind: 'execute', input: {}, reason: '' },
      ...{ deadline: 0, onExpiry: 'deny' },
      ...(workedMs === undefined ? {} : { workedMs }),
    },
  };
}

function decided(workedMs: number): EventDraft {
  return { type: 'tool_call_decided', data: { toolCallId, decision: 'allow', by: 'caller', workedMs } };
}

function failed(delay: number, retryAt?: number): EventDraft {
  const provider = { provider: 'p', kind: 'k', ...(retryAt === undefined ? {} : { retryAt }) };
  const error = new AsmError('rate_limited', 'Later.', { provider }).toJSON();
  return { type: 'attempt_failed', data: { error, next: 'retry', delay } };
}

function sum(...events: readonly (readonly [at: number, event: EventDraft])[]) {
  const worked = new WorkedTime();
  for (const [at, event] of events) worked.see(event, at);
  return [worked.milliseconds, worked.quotaMilliseconds];
}

describe('the time that a run worked', () => {
  it('is that between its events, without open questions and the time in which nobody executed it', () => {
    expect(
      sum(
        [1_000, begins],
        [1_010, asked()],
        [9_000, expired],
        [9_005, answer],
        [50_000, resumed],
        [50_020, answer],
      ),
    ).toEqual([35, 0]);
  });

  it('is what an event says, whatever the caller was asked for in between, or the system clock did', () => {
    const hour = 3_600_000;
    expect(sum([0, begins], [hour, decided(30)], [hour + 5, answer])).toEqual([35, 0]);
    expect(sum([hour, begins], [0, answer], [50 * hour, asked(40)], [60 * hour, answer])).toEqual([40, 0]);
  });

  it('tells of it the waits for a quota, as long as they were to be', () => {
    expect(sum([0, begins], [10, failed(500, 1)], [520, answer], [530, answer])).toEqual([530, 500]);
    expect(sum([0, begins], [10, failed(500, 1)], [200, answer], [230, answer])).toEqual([230, 190]);
    expect(sum([0, begins], [10, failed(500)], [520, answer])).toEqual([520, 0]);
  });
});
