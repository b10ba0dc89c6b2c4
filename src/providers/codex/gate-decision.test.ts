import { describe, expect, it } from 'vitest';
import { AsmError } from '../../domain/error.ts';
import type { ToolCall } from '../../domain/tool.ts';
import { createTestHost } from '../../testing/test-host.ts';
import { askGate, withoutChange } from './gate-decision.ts';

const call: ToolCall = { id: 'c', name: 'exec_command', tool: 'bash', kind: 'execute', input: {} };
const never = new AbortController().signal;

describe('the gate', () => {
  it('that fails says no', async () => {
    const host = createTestHost({
      authorize: () => {
        throw new Error('broken');
      },
    });
    expect(await askGate(host, call, never)).toMatchObject({ decision: 'deny' });
  });

  it('has no answer for a question that was taken back, or of a run that is over', async () => {
    const over = createTestHost({
      authorize: () => {
        throw new AsmError('cancelled', 'The run has ended.');
      },
    });
    await expect(askGate(over, call, never)).rejects.toMatchObject({ code: 'cancelled' });
    const host = createTestHost({ authorize: () => new Promise(() => undefined) });
    const question = new AbortController();
    const answer = askGate(host, call, question.signal);
    question.abort(new Error('taken back'));
    await expect(answer).rejects.toThrow();
  });

  it('that allows another input refuses a call that can only run as it is', () => {
    expect(withoutChange({ decision: 'allow' })).toEqual({ decision: 'allow' });
    expect(withoutChange({ decision: 'allow', changedInput: { command: 'true' } })).toMatchObject({
      decision: 'deny',
    });
    const denied = { decision: 'deny', reason: 'no' } as const;
    expect(withoutChange(denied)).toEqual(denied);
  });
});
