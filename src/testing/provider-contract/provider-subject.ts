import type { Capabilities } from '../../domain/capability.ts';
import type { ErrorCode } from '../../domain/error-code.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { TokenUsage } from '../../domain/usage.ts';
import type { Provider, RunRequest } from '../../ports/provider.ts';

/** One thing that the agent under test is made to do. Each takes one answer of its model. */
export type AgentStep =
  /** Says a text, in several pieces, after reasoning if there is any. */
  | { readonly say: string; readonly reasoning?: string; readonly usage?: Partial<TokenUsage> }
  /** Calls the agent's tool for shell commands. */
  | { readonly command: string; readonly usage?: Partial<TokenUsage> }
  /** Calls the agent's own tool for making a file; `file` is an absolute path in the working folder. */
  | { readonly write: string; readonly content: string }
  /** Calls a tool of an MCP server of the run. */
  | { readonly mcp: { readonly server: string; readonly tool: string; readonly input: JsonObject } }
  /** Calls a client tool of the run. */
  | { readonly client: { readonly tool: string; readonly input: JsonObject } }
  /** Answers in the form that the run's output schema asks for. */
  | { readonly answer: JsonObject }
  /** Says a text and is then silent, its answer unfinished. */
  | { readonly hang: string }
  /** The model service answers with this HTTP status, as often as the agent asks. */
  | { readonly fail: number };

/** What a request may be changed in to make the agent do its steps. */
export type RequestFields = Partial<Omit<RunRequest, 'resume' | 'cwd' | 'cookie'>>;

/** One provider with an agent that does what it is told, for one case. Disposed after it. */
export interface ProviderFixture extends AsyncDisposable {
  readonly provider: Provider;
  /** Absolute path of an empty folder for the agent to work in. */
  readonly cwd: string;
  /** Sets what the agent does from now on, in place of earlier steps; gives what requests need for it. */
  prepare(steps: readonly AgentStep[]): RequestFields | Promise<RequestFields>;
  /** How often the agent has asked its model so far, besides titles and the like. */
  modelCalls(): number;
  /** Every text in the newest question to the model: system prompt, history, tool results, messages. */
  heard(): readonly string[];
}

/** A provider under test. */
export interface ProviderSubject {
  /** What the provider claims; every claim that the suite can prove is tested. */
  readonly capabilities: Capabilities;
  open(): Promise<ProviderFixture>;
  /** The input of a command call with another command in it. Default: replaces `command`. */
  changeCommand?(call: ToolCall, command: string): JsonObject;
  /** Statuses of the model service and the codes that runs fail with. Default: 401, 429, 500 and 529; none: `[]`. */
  readonly failures?: readonly { readonly status: number; readonly code: ErrorCode }[];
  /** Milliseconds that one wait of a case may take. Default 120,000. */
  readonly patience?: number;
}
