import { readFile } from 'node:fs/promises';
import { isSupported, type CapabilityName } from '../../domain/capability.ts';
import { tokenUsage } from '../../domain/usage.ts';
import type { SteeringAnswer } from '../test-host.ts';
import type { ProviderRoom } from './provider-room.ts';
import type { AgentStep } from './provider-subject.ts';
import { recordRun, type RecordedRun } from './recorded-run.ts';

/** What the agent is made to say in the end, in several pieces. */
export const plainText = 'One two three, «four» five six —\nseven 🎈 eight nine.';
export const plainReasoning = 'Six times seven.';
export const plainSystemPrompt = 'You always speak of the blue heron.';
/** What went before, and what is asked. */
export const plainRecord = 'A record: {"role":"user","text":"The kite is red."}';
export const plainQuestion = 'Which colour?';
/** What is said while it works to an agent that doesn't listen. */
export const plainSteering = 'Prefer the yellow door.';

/** A run in which an agent does what it does by itself, with its own tool for commands: nothing is forbidden. */
export interface PlainRun extends RecordedRun {
  readonly steps: readonly AgentStep[];
  /** What the environment of the agent's tool had as the run's cookie. */
  readonly cookie: string | undefined;
  /** What became of the message that was said while it worked, to an agent that says that it doesn't listen. */
  readonly steering: SteeringAnswer | undefined;
}

/** Runs a script that has everything in it that the subject claims and that needs no run of its own. */
export async function recordPlainRun(room: ProviderRoom): Promise<PlainRun> {
  const { capabilities } = room.subject;
  const has = (name: CapabilityName): boolean => isSupported(capabilities, name);
  const steps: readonly AgentStep[] = [
    ...(has('tool_events') || capabilities.approval_before_tool !== 'unsupported' ? commands(room) : []),
    {
      say: plainText,
      ...(has('reasoning') ? { reasoning: plainReasoning } : {}),
      usage: tokenUsage({ inputTokens: 45, outputTokens: 6, cacheReadTokens: 130 }),
    },
  ];
  const run = await room.start(steps, {
    ...(has('transcript_replay')
      ? { messages: [plainRecord, plainQuestion].map((text) => ({ role: 'user', text }) as const) }
      : { text: plainQuestion }),
    ...(has('system_prompt') ? { systemPrompt: plainSystemPrompt } : {}),
  });
  const steering = has('steer') ? undefined : run.host.steer(plainSteering);
  const recorded = await recordRun(room, run);
  const cookie = await readFile(room.file('cookie'), 'utf8').catch(() => undefined);
  return { ...recorded, steps, cookie: cookie?.trim(), steering: await steering };
}

/** One that does something, one that fails, and one that changes nothing. */
function commands(room: ProviderRoom): readonly AgentStep[] {
  return [
    {
      command: `printenv ASM_RUN_COOKIE > '${room.file('cookie')}'; echo from-the-tool`,
      usage: tokenUsage({ inputTokens: 120, outputTokens: 30, cacheReadTokens: 11, cacheWriteTokens: 7 }),
    },
    { command: 'echo in-vain; exit 3', usage: tokenUsage({ inputTokens: 20, outputTokens: 12 }) },
    { command: 'ls', usage: tokenUsage({ inputTokens: 35, outputTokens: 4, cacheReadTokens: 150 }) },
  ];
}
