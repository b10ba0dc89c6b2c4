import { AnswerTracker } from './answer-tracker.ts';
import { CallRegistry } from './call-registry.ts';
import { PlanList } from './plan-list.ts';
import { SubagentRegistry } from './subagent-registry.ts';
import type { ClientToolNames } from './tool-call.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What the normaliser knows of a run; one for each run. */
export interface NormalizerState {
  readonly answers: AnswerTracker;
  readonly calls: CallRegistry;
  readonly subagents: SubagentRegistry;
  readonly plan: PlanList;
  readonly usage: UsageMeter;
  readonly clientTools: ClientToolNames;
  /** True for calls that the gate refused. */
  readonly isDenied: (toolCallId: string) => boolean;
  /** Set when a person interrupted the turn: what fails from then on was stopped. */
  interrupted: boolean;
  /** Set when the agent said that the model refused. */
  refused: boolean;
  /** When the limit that refuses requests is reset: wall time in milliseconds since 1970. */
  limitResetsAt: number | undefined;
  /** The `error` of the last message that the agent wrote in the model's place. */
  assistantError: string | undefined;
}

/** Makes the state of a new run. */
export function createNormalizerState(
  parts: Pick<NormalizerState, 'usage' | 'isDenied'> &
    Partial<Pick<NormalizerState, 'subagents' | 'clientTools'>>,
): NormalizerState {
  return {
    answers: new AnswerTracker(),
    calls: new CallRegistry(),
    subagents: parts.subagents ?? new SubagentRegistry(),
    plan: new PlanList(),
    clientTools: parts.clientTools ?? new Map(),
    usage: parts.usage,
    isDenied: parts.isDenied,
    interrupted: false,
    refused: false,
    limitResetsAt: undefined,
    assistantError: undefined,
  };
}
