import type { JsonObject } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { ClientTools } from './tool-call.ts';
import { createLimitMeter, type LimitMeter } from './limit-meter.ts';
import { createUsageMeter, type UsageMeter } from './usage-meter.ts';

/** What the normaliser knows of a run; one for each run. */
export interface NormalizerState {
  readonly usage: UsageMeter;
  readonly limits: LimitMeter;
  readonly clientTools: ClientTools;
  /** Tool calls that began and have not ended. */
  readonly calls: Map<string, OpenCall>;
  /** Calls of tools for resources that the gate was asked about, by their ids. */
  readonly gated: Map<string, ToolCall>;
  /** Calls that the gate refused. */
  readonly denied: Set<string>;
  /** Stretches of reasoning that are being written, by their items: the part that the last piece belonged to. */
  readonly reasoning: Map<string, string>;
  /** The conversation. */
  threadId: string | undefined;
  /** The turn of this run. */
  turnId: string | undefined;
  model: string | undefined;
  /** A mark of the instructions that the conversation has. */
  instructions: string | undefined;
  /** The agent's last message. */
  output: string | undefined;
  /** Set when a person interrupted the turn: what fails from then on was stopped. */
  interrupted: boolean;
  /** Set when the run is cancelled: likewise. */
  cancelled: boolean;
  /** The turn as it ended. */
  ended: JsonObject | undefined;
  /** How often the model was asked again. */
  retries: number;
  /** The error for which the model was asked again last. */
  retried: JsonObject | undefined;
}

/** A tool call on its way. */
export interface OpenCall {
  readonly call: ToolCall;
  /** Characters of its output that were passed on. */
  streamed: number;
  /** The server and tool of an MCP call, in Codex's words. */
  readonly mcp?: { readonly server: string; readonly tool: string };
  /** True once the gate was asked about an MCP call. */
  asked: boolean;
}

/** Makes the state of a new run. */
export function createNormalizerState(clientTools: ClientTools = new Map()): NormalizerState {
  return {
    usage: createUsageMeter(),
    limits: createLimitMeter(),
    clientTools,
    calls: new Map(),
    gated: new Map(),
    denied: new Set(),
    reasoning: new Map(),
    threadId: undefined,
    turnId: undefined,
    model: undefined,
    instructions: undefined,
    output: undefined,
    interrupted: false,
    cancelled: false,
    ended: undefined,
    retries: 0,
    retried: undefined,
  };
}
