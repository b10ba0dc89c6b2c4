import type { JsonObject } from '../../domain/json.ts';
import type { ToolKind, ToolLineage } from '../../domain/tool.ts';
import { CallRegistry } from './call-registry.ts';
import { TextRegistry } from './text-registry.ts';
import { UsageMeter } from './usage-meter.ts';

/** What the normaliser knows of a run; one for each run. */
export interface NormalizerState {
  readonly calls: CallRegistry;
  readonly messages: TextRegistry;
  readonly reasoning: TextRegistry;
  readonly usage: UsageMeter;
  /** Kinds of the caller's own tools, by their names. */
  readonly clientTools: ReadonlyMap<string, ToolKind>;
  /** Ids of calls that the gate refused. */
  readonly denied: Set<string>;
  /** The run's own conversation and turn; others are subagents', or of an earlier run. */
  thread: string;
  turn: string | undefined;
  /** Conversations of subagents, and who started them. */
  readonly subagents: Map<string, ToolLineage>;
  /** Turns of subagents that go on, by their conversations. */
  readonly subagentTurns: Map<string, string>;
  model: string | undefined;
  /** The newest message of the agent. */
  output: string | undefined;
  /** Set when a person interrupted the turn: what fails from then on was stopped. */
  interrupted: boolean;
  /** How often the agent asked its model again by itself since the last answer. */
  retries: number;
  /** When the limit that refuses requests is reset: wall time in milliseconds since 1970. */
  limitResetsAt: number | undefined;
  /** The last error that the agent told of, without trying again. */
  error: JsonObject | undefined;
  /** The turn as the agent told of it at its end. */
  ended: JsonObject | undefined;
}

/** Makes the state of a new run. */
export function createNormalizerState(
  parts: Partial<Pick<NormalizerState, 'clientTools' | 'thread' | 'model'>> = {},
): NormalizerState {
  return {
    calls: new CallRegistry(),
    messages: new TextRegistry(),
    reasoning: new TextRegistry(),
    usage: new UsageMeter(),
    clientTools: parts.clientTools ?? new Map(),
    denied: new Set(),
    thread: parts.thread ?? '',
    turn: undefined,
    subagents: new Map(),
    subagentTurns: new Map(),
    model: parts.model,
    output: undefined,
    interrupted: false,
    retries: 0,
    limitResetsAt: undefined,
    error: undefined,
    ended: undefined,
  };
}
