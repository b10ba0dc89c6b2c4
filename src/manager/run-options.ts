import { isAbsolute, resolve } from 'node:path';
import { checkApprovalOptions, type ApprovalOptions } from '../approvals/approval-options.ts';
import { checkBudgets } from '../cost/budget-check.ts';
import type { Budget } from '../cost/budget.ts';
import { capabilityNames, type CapabilityName } from '../domain/capability.ts';
import { oneOf } from '../domain/choice.ts';
import { AsmError } from '../domain/error.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { inputMessages, type InputMessage, type RunInput } from '../domain/message.ts';
import type { Session } from '../domain/session.ts';
import type { GivenToolRules } from '../domain/tool-rule.ts';
import { permissionModes, type PermissionMode } from '../domain/tool.ts';
import { emptyTranscript } from '../domain/transcript.ts';
import { truncateTranscript, type TranscriptLimits } from '../domain/transcript-truncation.ts';
import type { AgentEnvironment, McpServer, Provider } from '../ports/provider.ts';
import { checkRetryPolicy, type RetryPolicy } from '../routing/retry-policy.ts';
import type { LoopOptions } from '../watchdog/loop-options.ts';
import type { WatchdogOptions } from '../watchdog/watchdog-options.ts';
import type { ClientTool } from './client-tools.ts';
import { checkDeltaPolicy, type DeltaPolicy } from './delta-joiner.ts';
import type { Authorize } from './gate.ts';
import { readToolRules } from './given-rules.ts';
import { checkPolicyOptions, type PolicyOptions } from './policy-options.ts';
import { checkRunLimits, type RunLimits } from './run-clocks.ts';
import { checkWatchOptions } from './watch-options.ts';
import { assertOptionNames } from '../domain/option-names.ts';

/**
 * How a run goes on from the session's earlier runs. `auto`: natively where the provider has a
 * conversation to continue, else by telling the agent as text what was said and done before; what other
 * providers did meanwhile is told in either case. `native`: fails with `resume_failed` if that can't be.
 * `replay`: always as text. `fresh`: the agent knows nothing of before.
 */
export const continuations = ['auto', 'native', 'replay', 'fresh'] as const;
export type Continuation = (typeof continuations)[number];

/** Options that every provider understands. */
export interface CommonRunOptions extends PolicyOptions {
  /** By the agent's own name for it. Default: the provider's, else the agent's choice. */
  readonly model?: string;
  /** Added to the agent's own instructions. Default: the session's. */
  readonly systemPrompt?: string;
  /** Folder in which the agent works. Default: the session's, else the current one. */
  readonly cwd?: string;
  /** Which tool calls need no question, unless a rule says otherwise. Default `default`. */
  readonly permissionMode?: PermissionMode;
  /** The most model answers that the agent may take; then the run fails with `max_turns_reached`. */
  readonly maxTurns?: number;
  /** MCP servers that the agent may use, by their names; their tools are `mcp:name/tool` in rules. */
  readonly mcpServers?: { readonly [name: string]: McpServer };
  /** Functions of this program that the agent may call. */
  readonly clientTools?: readonly ClientTool[];
  /** JSON Schema of the answer, an object; the run's output is then the answer as JSON text. */
  readonly outputSchema?: JsonObject;
  /** Variables that the agent gets besides those that it has anyway. */
  readonly environment?: AgentEnvironment;
  /** Decide tool calls before the mode does; each an object, or a text such as `bash(npm test)`. */
  readonly rules?: GivenToolRules;
  /** Decides every tool call that no rule and no mode denies. */
  readonly authorize?: Authorize;
  /** Makes tool calls that need a person wait for one, who may be anywhere. `false`: they are refused. */
  readonly approvals?: ApprovalOptions | false;
  /** How the run takes up what went before. Default `auto`. */
  readonly continuation?: Continuation;
  /** How much of the conversation is told as text. Default 32,000 tokens. */
  readonly replay?: TranscriptLimits;
  /** Capabilities without which the run must not start (`missing_required_capability`). */
  readonly requires?: readonly CapabilityName[];
  /** Capabilities without which the run starts with a warning. */
  readonly prefers?: readonly CapabilityName[];
  /** True: what is required may be only observed, as by an agent that doesn't ask about all its tools. */
  readonly acceptObserved?: boolean;
  /** Tries again after failures that can pass. Default: one try. */
  readonly retry?: RetryPolicy;
  /** Load the project's own agent settings, hooks and servers: they run before any gate. Default false. */
  readonly trustProject?: boolean;
  /** How pieces of text are stored. Default: the manager's. */
  readonly deltas?: DeltaPolicy;
  /** Time limits in milliseconds; each that is not given is the manager's. */
  readonly limits?: RunLimits;
  /** What the run is held to besides the manager's budgets. Stored with it, and in force wherever it goes on. */
  readonly budgets?: readonly Budget[];
  /** Says when the run stalls, and does something about it; each option not given is the manager's. `false`: no. */
  readonly watchdog?: WatchdogOptions | false;
  /** What is done when the agent repeats itself; each option not given is the manager's. `false`: nothing. */
  readonly loops?: LoopOptions | false;
  /** True: the run goes on when its handle is disposed. Default false. */
  readonly detached?: boolean;
  /** Aborting it cancels the run; if it was aborted before, the run is made and ends as cancelled. */
  readonly signal?: AbortSignal;
  /** Makes a retry of this call safe: a second call with the same key gives the same run. */
  readonly key?: string;
}

/** Options of a run. Native options go with the provider itself, which types them, not with its name. */
export type RunOptions<Native extends object = object> = CommonRunOptions &
  (
    | { readonly provider?: string; readonly native?: never }
    | { readonly provider: Provider<Native>; readonly native?: Native }
  );

const commonNames = [
  'model',
  'systemPrompt',
  'cwd',
  'permissionMode',
  'maxTurns',
  'mcpServers',
  'clientTools',
  'outputSchema',
  'environment',
  'rules',
  'policy',
  'policies',
  'authorize',
  'approvals',
  'continuation',
  'replay',
  'requires',
  'prefers',
  'acceptObserved',
  'retry',
  'trustProject',
  'deltas',
  'limits',
  'budgets',
  'watchdog',
  'loops',
  'detached',
  'signal',
  'key',
] as const satisfies readonly (keyof CommonRunOptions)[];
const optionNames = [...commonNames, 'provider', 'native'] as const satisfies readonly (keyof RunOptions)[];

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkRunOptions(options: RunOptions): void {
  assertOptionNames('A run', options, optionNames);
  const { permissionMode, continuation, maxTurns, limits, requires = [], prefers = [] } = options;
  for (const name of requires) oneOf('A capability in requires', name, capabilityNames);
  for (const name of prefers) oneOf('A capability in prefers', name, capabilityNames);
  const authorize: unknown = options.authorize;
  if (authorize !== undefined && typeof authorize !== 'function')
    throw new AsmError('invalid_input', '`authorize` of a run is a function that decides about tool calls.');
  if (options.rules !== undefined) readToolRules(options.rules);
  if (options.environment !== undefined)
    assertOptionNames('`environment` of a run', options.environment, ['inherit', 'set']);
  if (options.outputSchema !== undefined) checkOutputSchema(options.outputSchema);
  checkPolicyOptions(options);
  checkWatchOptions(options);
  checkRetryPolicy(options.retry);
  checkDeltaPolicy(options.deltas);
  if (options.replay !== undefined) truncateTranscript(emptyTranscript, options.replay);
  if (limits !== undefined) checkRunLimits(limits);
  if (options.budgets !== undefined) checkBudgets(options.budgets);
  if (options.approvals !== undefined && options.approvals !== false) checkApprovalOptions(options.approvals);
  if (permissionMode !== undefined) oneOf('permissionMode', permissionMode, permissionModes);
  if (continuation !== undefined) oneOf('continuation', continuation, continuations);
  if (maxTurns !== undefined && (!Number.isInteger(maxTurns) || maxTurns < 1)) {
    throw new AsmError('invalid_input', `maxTurns is a whole number from 1, not ${String(maxTurns)}.`);
  }
}

/** Agents take only schemas of objects; what else is in one is for the model service to judge. */
function checkOutputSchema(schema: unknown): void {
  if (isJsonObject(schema) && (schema['type'] ?? 'object') === 'object') return;
  throw new AsmError(
    'invalid_input',
    '`outputSchema` of a run is a JSON Schema of an object, such as { type: "object", properties: { … } }.',
  );
}

/** The same where a run that was made before is executed: who does it, with which native options, was said then. */
export function checkOptionsAgain(options: CommonRunOptions): void {
  assertOptionNames('The execution of a run', options, commonNames);
  checkRunOptions(options);
}

/** The messages of an input. Throws `invalid_input` if they say nothing. */
export function checkInput(input: RunInput): readonly InputMessage[] {
  const given: unknown = input;
  const objects: readonly unknown[] = Array.isArray(given) ? given : typeof given === 'string' ? [] : [given];
  if (!objects.every((message) => isJsonObject(message) && typeof message['text'] === 'string')) {
    throw new AsmError('invalid_input', 'The input is a text, or one or several messages with a text each.');
  }
  const messages = inputMessages(input);
  if (messages.every((message) => message.text.trim() === '')) {
    throw new AsmError('invalid_input', 'The input is empty: say what the agent should do.');
  }
  return messages;
}

/** The absolute folder in which a run works. */
export function workingFolder(options: CommonRunOptions, session: Session): string {
  const cwd = options.cwd ?? session.cwd ?? process.cwd();
  return isAbsolute(cwd) ? cwd : resolve(cwd);
}
