/**
 * How an agent repeats itself. `same_call`: the same call with the same result; `same_error`: calls of one tool
 * that fail with the same text; `cycle`: two to four such calls in turn.
 */
export const loopKinds = ['same_call', 'same_error', 'cycle'] as const;
export type LoopKind = (typeof loopKinds)[number];

/** What follows. `request_approval`: a person has to say before the loop may go on. `cancel`: the run fails. */
export const loopActions = ['warn', 'request_approval', 'cancel'] as const;
export type LoopAction = (typeof loopActions)[number];

/** A call of a loop. */
export interface LoopCall {
  readonly toolCallId: string;
  readonly name: string;
  readonly tool: string;
}

/** A loop that an agent was found in. */
export interface LoopReport {
  readonly kind: LoopKind;
  /** How often it was gone through when it was found. */
  readonly times: number;
  /** The last round: one call, of a cycle all. */
  readonly calls: readonly LoopCall[];
  /** The same for people. */
  readonly reason: string;
  /** The subagent that repeats itself. */
  readonly agentId?: string;
}
