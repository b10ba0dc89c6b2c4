import type { AttemptRouter } from './attempt-router.ts';
import type { Capabilities } from '../domain/capability.ts';
import type { ClientToolDescription, ClientToolResult } from '../domain/client-tool.ts';
import type { EventDraft } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { JsonObject } from '../domain/json.ts';
import type { InputMessage } from '../domain/message.ts';
import type { AgentHandle } from '../domain/session.ts';
import type { ToolPolicy } from '../domain/tool-policy.ts';
import type { Authorization, PermissionMode, ToolCall } from '../domain/tool.ts';
import type { Cost } from '../domain/cost.ts';
import type { TokenUsage } from '../domain/usage.ts';

/** What a provider is and can do on this machine. */
export interface ProviderDescription {
  readonly name: string;
  /** The agent program, as far as it was found. */
  readonly agent: {
    readonly installed: boolean;
    readonly version?: string;
    readonly path?: string;
    /** What a person should do, when something is missing: the program, or its sign-in. */
    readonly advice?: string;
    /** The versions that this library was tested with, both included. */
    readonly tested?: { readonly from: string; readonly to: string };
  };
  readonly signedIn: 'yes' | 'no' | 'unknown';
  readonly capabilities: Capabilities;
}

/** The event names that providers may yield; all others are the library's own. */
export type ProviderEventType =
  | 'agent_started'
  | 'agent_retrying'
  | 'message_streamed'
  | 'message_received'
  | 'reasoning_streamed'
  | 'reasoning_received'
  | 'tool_call_started'
  | 'tool_output_streamed'
  | 'tool_call_completed'
  | 'tool_call_failed'
  | 'subagent_started'
  | 'subagent_completed'
  | 'plan_updated'
  | 'file_changed'
  | 'turn_completed'
  | 'token_usage_updated'
  | 'rate_limit_updated'
  | 'context_compacted'
  | 'warning_raised'
  | 'unparsed';

export type ProviderEvent = EventDraft<ProviderEventType>;

/** An MCP server that the agent may use: a program, or an address. */
export type McpServer =
  | {
      readonly type: 'stdio';
      readonly command: string;
      readonly arguments?: readonly string[];
      readonly environment?: { readonly [name: string]: string };
    }
  | {
      readonly type: 'http' | 'sse';
      readonly url: string;
      readonly headers?: { readonly [name: string]: string };
    };

/** Which variables of our environment the agent gets, and which are set for it. */
export interface AgentEnvironment {
  /** Names to pass on, besides the provider's default list. */
  readonly inherit?: readonly string[];
  /** Variables with their values; they go before what is passed on. */
  readonly set?: { readonly [name: string]: string };
}

/** How the conversation should go on. */
export interface ResumeRequest {
  readonly handle: AgentHandle;
  /** True: branch off, and leave the original conversation as it is. */
  readonly fork: boolean;
  /**
   * The tool call for which the agent was ended by `Parking.park`. There is no message then: the agent
   * asks about the call again, under the same id, and goes on with the answer.
   */
  readonly parkedCall?: string;
}

/** One attempt, as the provider gets it. */
export interface RunRequest<Native extends object = object> {
  readonly sessionId: SessionId;
  readonly runId: RunId;
  readonly attempt: number;
  readonly messages: readonly InputMessage[];
  /** Absolute path of an existing folder. */
  readonly cwd: string;
  readonly permissionMode: PermissionMode;
  readonly model?: string;
  readonly systemPrompt?: string;
  readonly maxTurns?: number;
  readonly mcpServers?: { readonly [name: string]: McpServer };
  /** Functions of the caller to offer to the agent; their calls go to `host.callTool`. */
  readonly clientTools?: readonly ClientToolDescription[];
  /** JSON Schema of the answer, an object; the outcome's `output` is then the answer as JSON text. */
  readonly outputSchema?: JsonObject;
  readonly environment?: AgentEnvironment;
  /** Absent: a fresh conversation. A provider that can't resume it throws `resume_failed`. */
  readonly resume?: ResumeRequest;
  /** To be put into the agent's environment as `ASM_RUN_COOKIE`, so that it is found after a crash. */
  readonly cookie: string;
  /** True: load the project's own agent settings, hooks and servers. They run before any gate. */
  readonly trustProject: boolean;
  /**
   * Tools that the run must not use at all. Every call is asked about all the same; a provider that can have its
   * agent refuse some of them by itself does so, and says which in `agent_started`.
   */
  readonly toolPolicy?: ToolPolicy;
  /**
   * True: nothing is to be kept for another run of the session, since it ends with this one, or since nobody will
   * tell this provider of its end. Absent: it may go on, and `Provider.endSession` will be called.
   */
  readonly lastRun?: boolean;
  readonly native?: Native;
}

/** A message for the agent while it works. Exactly one of the two methods is called. */
export interface Steering {
  readonly message: InputMessage;
  accepted(): void;
  refused(reason: string): void;
}

/** A provider's offer to end its agent while a question about a tool call is open. */
export interface Parking {
  /** True while the call could be taken up again: where it is the only one, and of the main thread. */
  possible(): boolean;
  /** Ends the agent so that it can be. The run's outcome is then `parked`, and the open question has no answer. */
  park(): void;
}

/** What the library offers to a provider during one attempt. */
export interface RunHost {
  /** Aborted when the run is cancelled or times out: end the agent and its children, then settle. */
  readonly signal: AbortSignal;
  /**
   * Asks whether a tool call may go on; to be awaited before the tool runs. May take hours. Aborting
   * `signal` withdraws the question. Never rejects but with `cancelled`, and after the run settled.
   * `parking` only from a provider that can take the call up again: see `ResumeRequest.parkedCall`.
   */
  authorize(
    call: ToolCall,
    options: { readonly signal: AbortSignal; readonly parking?: Parking },
  ): Promise<Authorization>;
  /**
   * Calls a client tool that `authorize` allowed. What goes wrong in the call is a result that
   * `failed`, also for a name that was not offered. Rejects only with `cancelled`.
   */
  callTool(
    name: string,
    input: JsonObject,
    options: { readonly signal: AbortSignal },
  ): Promise<ClientToolResult>;
  readonly steering: AsyncIterable<Steering>;
  /** Each item asks to stop the turn and keep the session. */
  readonly interrupts: AsyncIterable<true>;
  /**
   * Takes over the wait for an agent that has nothing left to do but to end: the run's end is stored meanwhile, and its
   * result told after both. To be used only when nothing else that the agent started lives. Absent when another run of
   * the session could begin before.
   */
  ending?(end: Promise<void>): void;
}

/** How an attempt ended well. Everything else is a thrown `AsmError`. */
export interface RunOutcome {
  /** `parked` only after `Parking.park` was called. */
  readonly status: 'completed' | 'interrupted' | 'parked';
  /** The agent's last message. */
  readonly output?: string;
  readonly stopReason?: string;
  /** Where the conversation can be taken up again. */
  readonly handle?: { readonly id: string; readonly counters?: JsonObject };
  readonly usage?: TokenUsage;
  readonly cost?: Cost;
}

/** What is known of an agent before it is told anything. */
export type AgentStart = Pick<
  RunRequest,
  'sessionId' | 'runId' | 'cwd' | 'cookie' | 'environment' | 'model' | 'resume' | 'lastRun'
>;

/** A port to an agent. */
export interface Provider<Native extends object = object> extends Partial<AsyncDisposable> {
  readonly name: string;
  /** True when `interrupts` and `steering` are served; checked before a run promises them. */
  readonly capabilities: Capabilities;
  /** Looks at the machine; may start the agent to ask its version. Never throws for a missing agent. */
  describe(options?: { readonly signal?: AbortSignal }): Promise<ProviderDescription>;
  /**
   * Looks at the native options of a run before anything of it is written, and at nothing else. Throws `unknown_option`
   * for a name that `run` doesn't read, with the one that may have been meant, else `invalid_input`. Absent: any object
   * is right. `run` may be called without it.
   */
  checkNative?(native: object): void;
  /**
   * Runs one attempt. Yields what happens inside the agent, first of all `agent_started`; returns the
   * outcome. Throws `AsmError` for every failure, after a last `token_usage_updated` with what was
   * used. Ends the agent's whole process group before it settles, or has `host.ending` wait for that, also when
   * `host.signal` aborts or the generator is returned early. With `endSession`, a run that ended well may leave the agent itself to its
   * session's next run, but nothing that the agent started for it.
   */
  run(request: RunRequest<Native>, host: RunHost): AsyncGenerator<ProviderEvent, RunOutcome, void>;
  /**
   * Starts the agent of a one-off run while the run's start is being stored; `run` takes it by its `runId`. Only where
   * the agent does nothing before it is told something, and ends with our process, whatever happens: nobody else knows
   * of it yet. `undefined`: not this one. Disposing ends it, unless `run` has taken it.
   */
  startEarly?(start: AgentStart): AsyncDisposable | undefined;
  /**
   * A session has ended: what `run` has kept for its next run is let go. Called for sessions of other providers, too.
   * Not called when another process ends the session, so that what is kept needs a time limit of its own.
   */
  endSession?(id: SessionId): Promise<void>;
  /** Only on a router: the manager asks it whom to run, attempt by attempt, instead of calling `run`. */
  readonly router?: AttemptRouter;
  /** Pins `Native` for inference; never set. */
  readonly nativeOptions?: Native;
}
