import type { Cost } from '../../domain/cost.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { TokenUsage } from '../../domain/usage.ts';
import type { ProviderEvent, RunHost, RunRequest } from '../../ports/provider.ts';

/** One thing that a scripted agent does. */
export type ScriptStep =
  /** Says a text: `chunks` deltas (default 3; 0: none), then the whole message. */
  | { readonly say: string; readonly chunks?: number }
  /** Says the same piece `times` times, as fast as it is read, then the whole message. */
  | { readonly stream: string; readonly times: number }
  /** Reasons: `chunks` deltas (default 1; 0: none), then the whole. */
  | { readonly reason: string; readonly chunks?: number }
  /** Wants to use a tool, asks the host and, if allowed, gives the result. */
  | ScriptedToolStep
  /** Reports more usage; the figures are added to those of the run so far. */
  | { readonly usage: Partial<TokenUsage>; readonly cost?: Cost }
  /** Yields an event as it is. */
  | { readonly emit: ProviderEvent }
  /** Yields anything, event or not, as a broken provider would. */
  | { readonly emitRaw: unknown }
  /** Waits on the provider's clock. `ignoreAbort`: also when the run is cancelled. */
  | { readonly wait: number; readonly ignoreAbort?: boolean }
  /** Does nothing until the run is cancelled or interrupted. */
  | { readonly hang: true }
  /** Waits for a steering message and answers `Heard: ` and its text. */
  | { readonly awaitSteering: true }
  /** Throws the value: an `AsmError`, or garbage. */
  | { readonly fail: unknown }
  /** Calls a function; steps that it gives are done next. */
  | { readonly call: (context: ScriptContext) => StepList | void | Promise<StepList | void> };

export type StepList = readonly ScriptStep[];

/** A tool call of a scripted agent. */
export interface ScriptedToolStep {
  readonly tool: Omit<ToolCall, 'id'> & { readonly id?: string };
  /** Pieces of output before the result. */
  readonly output?: readonly { readonly stream: 'stdout' | 'stderr' | 'combined'; readonly text: string }[];
  /** What the tool gives; a function does the tool's work with the input that was allowed. Default: an empty text. */
  readonly result?: ScriptedResult | ScriptedTool;
  /** True: the tool runs without a question, as an agent with a hole in its gate would. */
  readonly unasked?: boolean;
}

/** Does a tool's work. Rejecting because `signal` aborted means that the tool was stopped. */
export type ScriptedTool = (
  input: JsonObject,
  options: { readonly signal: AbortSignal },
) => ScriptedResult | Promise<ScriptedResult>;

export interface ScriptedResult {
  readonly output: JsonValue;
  readonly exitCode?: number;
  /** True: reported as `tool_call_failed`. */
  readonly failed?: boolean;
}

/** What a script may look at while it runs. */
export interface ScriptContext {
  readonly request: RunRequest;
  readonly host: RunHost;
  /** Texts of the conversation, of the user and the agent, in their order, with this run's messages. */
  readonly history: readonly string[];
  /** Aborted when the run is cancelled or interrupted. */
  readonly stop: AbortSignal;
}

/** What a scripted provider does in a run. The function is called once for each run. */
export type ProviderScript = StepList | ((context: ScriptContext) => StepList | Promise<StepList>);
