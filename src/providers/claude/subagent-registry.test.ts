import { describe, expect, it } from 'vitest';
import { SubagentRegistry } from './subagent-registry.ts';

const agent = { agentId: 'a', toolCallId: 't', agentType: 'general-purpose' } as const;

describe('subagents', () => {
  it('in the background are settled once the main thread was surely told of their end', () => {
    const subagents = new SubagentRegistry();
    expect(subagents.settled).toBe(true);
    subagents.start({ ...agent, background: true });
    subagents.mainAnswerBegan();
    expect(subagents.settled).toBe(false);
    subagents.rest('a');
    expect(subagents.workingInBackground).toBe(0);
    expect(subagents.settled).toBe(false);
    // This one may have been asked for before the end.
    subagents.mainAnswerBegan();
    subagents.finish('a');
    expect(subagents.settled).toBe(false);
    subagents.mainAnswerBegan();
    expect(subagents.settled).toBe(true);
  });

  it('that their parent waits for need no telling', () => {
    const subagents = new SubagentRegistry();
    subagents.start({ ...agent, background: false });
    subagents.finish('a');
    expect(subagents.settled).toBe(true);
  });
});
