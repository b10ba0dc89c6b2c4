import type { ApprovalDecision, ApprovalId, ExpiryDefault } from './approval.ts';
import type { CapabilityName, Continuity } from './capability.ts';
import type { Cost } from './cost.ts';
import type { ErrorCode } from './error-code.ts';
import type { ErrorRecord } from './error.ts';
import type { SessionId } from './id.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { LoopAction, LoopReport } from './loop-report.ts';
import type { InputMessage, MessageRole } from './message.ts';
import type { WatchdogStep, WorkingState } from './run-activity.ts';
import type { AgentProcess } from './run.ts';
import type { PolicyViolation } from './policy-report.ts';
import type { ToolRefusal } from './tool-policy.ts';
import type { Decider, PermissionMode, ToolKind, ToolLineage } from './tool.ts';
import type { TokenUsage, UsageByModel } from './usage.ts';

/**
 * The data of each event, by its name. Texts and values are redacted before they are stored.
 * Fields that end in `Id` are the provider's ids unless the type says otherwise; they are unique
 * within one attempt.
 */
export interface EventData {
  /** The session row was made. Always the first event of a log. */
  session_created: {
    readonly provider?: string;
    readonly cwd?: string;
    readonly title?: string;
    readonly forkedFrom?: { readonly sessionId: SessionId; readonly seq: number };
  };
  /** A pending session was opened for runs. */
  session_activated: EmptyData;
  /** New runs are refused from here on; a running one goes on. */
  session_paused: Asked;
  /** A paused session takes runs again. */
  session_resumed: Asked;
  /** The session ended well; nothing can be added to it but by a fork. */
  session_completed: EmptyData;
  /** The session was ended because of an error; its open runs are cancelled. */
  session_failed: { readonly error: ErrorRecord };
  /** The session was given up; its open runs are cancelled. */
  session_cancelled: { readonly reason?: string };

  /** A run was made; it is pending. */
  run_created: { readonly provider: string; readonly options: JsonObject };
  /** The run waits in its session's queue, which runs what has the lowest position first. */
  run_queued: { readonly position: number };
  /** The run was given another place in its session's queue. */
  run_moved: { readonly position: number };
  /** The executor has taken the run; `requested` is what the provider will be asked for. */
  run_started: { readonly requested: RequestedRun };
  /** The agent ended its turn well, or was interrupted by a person or the watchdog (`interrupted`). */
  run_completed: RunEndData & { readonly interrupted: boolean };
  /** The run failed: at its agent, its provider or its options. */
  run_failed: RunEndData & { readonly error: ErrorRecord };
  /** Somebody cancelled the run, or the session or manager that it belonged to was ended. */
  run_cancelled: RunEndData & Asked & { readonly reason?: string };
  /** A time limit of the run ended it. */
  run_timed_out: RunEndData & { readonly error: ErrorRecord };

  /** Somebody, perhaps in another process, wants the run ended. Answered by its terminal event. */
  run_cancel_requested: Asked & { readonly requestId: string; readonly reason?: string };
  /** Somebody wants the turn stopped and the session kept. Answered by `run_interrupted`. */
  run_interrupt_requested: Asked & { readonly requestId: string };
  /** The answer to `run_interrupt_requested`. The run's terminal event follows when the agent has stopped. */
  run_interrupted: {
    readonly requestId: string;
    readonly as: 'delivered' | 'refused';
    readonly reason?: string;
  };
  /** Somebody says something to the agent while it works. Answered by `run_steered`. */
  run_steer_requested: { readonly requestId: string; readonly message: InputMessage };
  /** The answer to `run_steer_requested`: the agent got the message, or why it did not. */
  run_steered: { readonly requestId: string; readonly as: 'delivered' | 'refused'; readonly reason?: string };

  /** The agent was ended while its question waits for a person; the run goes on when it is answered. */
  run_parked: { readonly approvalId: ApprovalId; readonly toolCallId: string };
  /** The run goes on with another process of its agent: to answer a parked call, or after a crash. */
  run_resumed: {
    readonly from: 'parked' | 'interrupted';
    readonly approvalIds: readonly ApprovalId[];
    /** What the agent was told. */
    readonly message?: string;
  };

  /** The agent runs. The first event of each attempt that comes from the provider. */
  agent_started: {
    /** Version of the agent program. */
    readonly version?: string;
    readonly model?: string;
    /** The provider's id of the conversation. */
    readonly handle?: string;
    readonly continuity: Continuity;
    readonly process?: AgentProcess;
    /** The provider's own name of the permission mode that it runs in. */
    readonly nativePermissionMode?: string;
    /** True when the project's own agent settings, hooks and servers were loaded. */
    readonly projectTrusted?: boolean;
    readonly tools?: readonly string[];
    /** What of the run's policy the agent itself was told to refuse. */
    readonly refusedTools?: ToolRefusal;
    readonly mcpServers?: readonly { readonly name: string; readonly status: string }[];
  };
  /** A provider was chosen: by a router for each attempt, else for what follows a failed one. */
  attempt_routed: {
    /** The provider that the run was asked to use: the router, or the one that does the work. */
    readonly provider: string;
    /** The provider that does the work. */
    readonly routedProvider: string;
    /** Counts the attempts of the run, from 1. */
    readonly routingAttempt: number;
    /** Names of the providers that could have been chosen, best first. */
    readonly routingCandidates: readonly string[];
    /** The provider of the attempt before, when another takes over. */
    readonly failoverFrom?: string;
    readonly failoverReason?: ErrorCode;
  };
  /** One attempt failed; `next` says what follows. With `none` the run fails with the same error. */
  attempt_failed: {
    readonly error: ErrorRecord;
    /** `retry`: the same provider; `failover`: another; `replay`: the same, afresh, with the conversation as text. */
    readonly next: 'retry' | 'failover' | 'replay' | 'none';
    /** Milliseconds before the next attempt. */
    readonly delay?: number;
  };
  /** The agent was told the conversation so far as text, since it can't know it by itself. */
  conversation_replayed: {
    /** Messages that were told; a tool call and its result are two. */
    readonly messages: number;
    /** Older messages that were left out to keep within the limits. */
    readonly omitted: number;
    readonly characters: number;
  };
  /** The agent asks the model again after a failure, by itself. Times in milliseconds. */
  agent_retrying: {
    readonly attempt: number;
    readonly maximumAttempts?: number;
    readonly delay?: number;
    readonly status?: number;
    readonly reason: string;
  };

  /** A message went to the agent: an input of the run, or one that steers it. */
  message_sent: { readonly role: MessageRole; readonly text: string; readonly steering?: boolean };
  /** A piece of a message's text; the pieces of one `messageId` concatenated are its text so far. */
  message_streamed: { readonly messageId: string; readonly text: string; readonly parentToolCallId?: string };
  /** A message of the agent is complete; `text` is all of it. */
  message_received: {
    readonly messageId: string;
    readonly role: MessageRole;
    readonly text: string;
    readonly parentToolCallId?: string;
  };
  /** A piece of the model's reasoning, as `message_streamed` for its texts. */
  reasoning_streamed: {
    readonly messageId: string;
    readonly text: string;
    readonly parentToolCallId?: string;
  };
  /** A stretch of reasoning is complete; `text` is all of it. */
  reasoning_received: {
    readonly messageId: string;
    readonly text: string;
    readonly parentToolCallId?: string;
  };

  /** The agent wants to use a tool. Recorded once per call, before it is decided. */
  tool_call_started: {
    readonly toolCallId: string;
    readonly name: string;
    readonly tool: string;
    readonly kind: ToolKind;
    readonly input: JsonObject;
    /** Fields of the input that say nothing about what the call does. */
    readonly remarks?: readonly string[];
    readonly lineage?: ToolLineage;
  };
  /** A tool call waits for a person. Answered by one of the four that follow, under the same `approvalId`. */
  tool_approval_requested: ApprovalEventData & {
    readonly name: string;
    readonly tool: string;
    readonly kind: ToolKind;
    readonly input: JsonObject;
    /** Why a person has to say. */
    readonly reason: string;
    /** Wall time in milliseconds since 1970. */
    readonly deadline: number;
    readonly onExpiry: ExpiryDefault;
    /** Milliseconds that the run had worked, without its waits for a person. */
    readonly workedMs?: number;
  };
  /** Somebody, perhaps in another process, allowed the call or answered the agent's question. */
  tool_approval_granted: ApprovalEventData & {
    readonly decision: Exclude<ApprovalDecision, { readonly as: 'deny' }>;
    readonly by: string;
    readonly reason?: string;
  };
  /** Somebody, perhaps in another process, refused the call. */
  tool_approval_denied: ApprovalEventData & {
    /** Told to the agent. */
    readonly message?: string;
    /** True: the run ends as cancelled. */
    readonly stop: boolean;
    readonly by: string;
    readonly reason?: string;
  };
  /** Nobody answered until the deadline; `as` is what happens to the call. */
  tool_approval_expired: ApprovalEventData & { readonly as: ExpiryDefault };
  /** The question is no longer asked: its run ended, or its agent took it back. */
  tool_approval_withdrawn: ApprovalEventData & { readonly reason: string };
  /** Somebody, perhaps in another process, took a lasting grant back: it lets no later call through. Of the session, not of a run. */
  tool_approval_revoked: ApprovalEventData & { readonly by: string; readonly reason?: string };
  /** The gate's decision about a tool call. */
  tool_call_decided: {
    readonly toolCallId: string;
    readonly decision: 'allow' | 'deny';
    readonly by: Decider;
    /** The approval that decided; another call's, where that was granted for more than one. */
    readonly approvalId?: ApprovalId;
    readonly reason?: string;
    /** The input that the tool runs with, when it was changed. */
    readonly changedInput?: JsonObject;
    /** Milliseconds that the run had worked, without its waits for a person; for a run that has `authorize`. */
    readonly workedMs?: number;
  };
  /** Output of a running tool, as it comes. */
  tool_output_streamed: {
    readonly toolCallId: string;
    readonly stream: 'stdout' | 'stderr' | 'combined';
    readonly text: string;
  };
  /** The tool ran and gave its result. */
  tool_call_completed: ToolResultData;
  /** The tool ran and failed, was refused, or was stopped. */
  tool_call_failed: ToolResultData & { readonly reason: 'error' | 'denied' | 'interrupted' };

  /** The run's policy was violated, in the way that `kind` says; each violation is told once. */
  policy_violated: PolicyViolation;
  /** The agent repeats itself, in the way that `kind` says; each loop is told once. `action` is what follows. */
  loop_detected: LoopReport & { readonly action: LoopAction };
  /** The run's watchdog saw no progress for `silence` milliseconds. */
  run_stalled: {
    /** What the run did when it stalled. */
    readonly state: WorkingState;
    readonly silence: number;
    /** The calls that run, 20 at most. */
    readonly toolCallIds: readonly string[];
  };
  /** The watchdog did something about a stalled run, or why it could not. */
  watchdog_acted: {
    readonly step: WatchdogStep;
    readonly as: 'done' | 'skipped';
    readonly reason?: string;
  };
  /** A stalled run makes progress again, after `silence` milliseconds. */
  run_recovered: { readonly silence: number };

  /** The agent started another agent for a part of its work. */
  subagent_started: {
    readonly agentId: string;
    readonly toolCallId?: string;
    readonly agentType?: string;
    readonly description?: string;
    readonly background: boolean;
  };
  /** A subagent ended; `status` is the provider's word for how. */
  subagent_completed: {
    readonly agentId: string;
    readonly toolCallId?: string;
    readonly status: string;
    readonly summary?: string;
  };

  /** The agent's list of steps, whole each time. */
  plan_updated: {
    readonly steps: readonly {
      readonly text: string;
      readonly status: 'pending' | 'in_progress' | 'completed';
    }[];
  };
  /** A tool changed a file. */
  file_changed: {
    readonly path: string;
    readonly change: 'created' | 'modified' | 'deleted';
    readonly toolCallId?: string;
    /** Unified diff, at most 256 Ki characters. */
    readonly diff?: string;
  };
  /** One answer of the model is complete. */
  turn_completed: {
    readonly messageId?: string;
    readonly stopReason?: string;
    /** What this one answer used. */
    readonly usage?: TokenUsage;
    readonly model?: string;
    readonly parentToolCallId?: string;
  };
  /** What the run has used so far, all its attempts and subagents. Replaces earlier figures; never add. */
  token_usage_updated: {
    readonly usage: TokenUsage;
    /** The same by model; `unknown` for what the provider names no model of. */
    readonly byModel?: UsageByModel;
    readonly cost?: Cost;
  };
  /** A budget that the run spends from has reached its `warn` threshold. Once for each in each run. */
  budget_warning_raised: {
    /** The budget's name. */
    readonly budget: string;
    /** The tag, provider or session whose budget it is, for those that have one each. */
    readonly key?: string;
    readonly unit: 'usd' | 'tokens';
    /** Decimal numbers: what all runs of the budget have spent, and the threshold. */
    readonly spent: string;
    readonly limit: string;
  };
  /** The model service told how much of a limit is used up. */
  rate_limit_updated: {
    readonly status: string;
    /** Wall time in milliseconds since 1970 when the limit is reset. */
    readonly resetsAt?: number;
    readonly kind?: string;
    /** Share that is used up, from 0 to 1. */
    readonly utilization?: number;
  };
  /** The agent replaced old parts of its conversation by a summary. */
  context_compacted: {
    readonly trigger: string;
    readonly tokensBefore?: number;
    readonly tokensAfter?: number;
  };
  /** Something a person should know that doesn't end the run. */
  warning_raised: { readonly code: string; readonly message: string };
  /** A message of the agent that its normaliser doesn't know, kept as it was. */
  unparsed: { readonly raw: JsonValue };
}

/** An event without data. */
export type EmptyData = { readonly [name: string]: never };

/** Something that a person or a program asked for. */
export interface Asked {
  /** Who did, in the words of the program that took it in; absent when it didn't say. */
  readonly by?: string;
}

/** What a run asks of its provider, as stored. */
export interface RequestedRun {
  readonly provider: string;
  readonly model?: string;
  readonly cwd?: string;
  readonly permissionMode: PermissionMode;
  readonly continuation: string;
  /** Capabilities that were preferred and that the provider lacks. */
  readonly degraded?: readonly CapabilityName[];
  /** Capabilities that were asked for and are only observed, as the caller accepted. */
  readonly observed?: readonly CapabilityName[];
}

export interface RunEndData {
  readonly usage: TokenUsage;
  readonly cost?: Cost;
  readonly stopReason?: string;
  /** Milliseconds from `run_started` on the clock of the process that ended the run. */
  readonly durationMs?: number;
}

/** The question about a tool call that an event is about. */
export interface ApprovalEventData {
  readonly approvalId: ApprovalId;
  readonly toolCallId: string;
}

export interface ToolResultData {
  readonly toolCallId: string;
  readonly name: string;
  readonly tool: string;
  /** What the tool gave, as text where it is text. */
  readonly output: JsonValue;
  readonly exitCode?: number;
  readonly durationMs?: number;
  readonly parentToolCallId?: string;
  /** Set when `output` was cut: its full length in characters. */
  readonly fullLength?: number;
}
