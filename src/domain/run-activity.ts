/**
 * What a run does now. `starting`: its agent has not said anything so far; `streaming`: the agent and its
 * model work; `in_tool`: a tool runs; `stalled`: there was no progress for too long.
 */
export const runStates = [
  'starting',
  'streaming',
  'in_tool',
  'waiting_for_person',
  'waiting_for_quota',
  'stalled',
] as const;
export type RunState = (typeof runStates)[number];

/** A state of a run that it can stall in. */
export type WorkingState = Extract<RunState, 'starting' | 'streaming' | 'in_tool'>;

/** What a run does, and since when. */
export interface RunActivity {
  readonly state: RunState;
  /** Wall time in milliseconds since 1970. */
  readonly since: number;
}

/** What a watchdog does about a stalled run, in this order. */
export const watchdogSteps = ['nudge', 'interrupt', 'cancel'] as const;
export type WatchdogStep = (typeof watchdogSteps)[number];
