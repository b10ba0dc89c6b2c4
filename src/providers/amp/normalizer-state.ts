import type { JsonObject } from '../../domain/json.ts';
import { noUsage, type TokenUsage } from '../../domain/usage.ts';
import { CallRegistry } from './call-registry.ts';
import type { ClientToolNames } from './tool-call.ts';

/** What the normaliser knows of a run; one for each run. */
export interface NormalizerState {
  readonly calls: CallRegistry;
  readonly clientTools: ClientToolNames;
  /** What the answers told so far have used. */
  usage: TokenUsage;
  /** Answers told so far. */
  answers: number;
  /** The last text of the main thread. */
  lastText: string | undefined;
  lastStopReason: string | undefined;
  /** The message before this one, when it was an answer without calls: Amp may tell such a one again. */
  lastAnswer: JsonObject | undefined;
  /** Set when a person interrupted the turn: what fails from then on was stopped. */
  interrupted: boolean;
  /** Set when the run is being stopped, for whatever cause. */
  stopping: boolean;
}

/** Makes the state of a new run. */
export function createNormalizerState(clientTools: ClientToolNames = new Map()): NormalizerState {
  return {
    calls: new CallRegistry(),
    clientTools,
    usage: noUsage,
    answers: 0,
    lastText: undefined,
    lastStopReason: undefined,
    lastAnswer: undefined,
    interrupted: false,
    stopping: false,
  };
}
