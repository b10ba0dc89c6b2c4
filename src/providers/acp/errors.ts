import type { ErrorCode } from '../../domain/error-code.ts';
import { AsmError, isAsmError, type ProviderFailure } from '../../domain/error.ts';
import { toJson } from '../../domain/json.ts';
import type { ProcessExit } from '../../process/process-group.ts';
import type { AcpAgent } from './agent.ts';
import { ConnectionClosed } from './connection.ts';
import { textField } from '../../domain/json-field.ts';

/** Characters of an agent's own words in our messages. */
const maximumSaid = 2_000;

/** Codes of JSON-RPC and of the protocol. */
const codesByNumber: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [-32_000, 'authentication_failed'],
  [-32_700, 'agent_protocol_error'],
  [-32_600, 'agent_protocol_error'],
  [-32_601, 'agent_protocol_error'],
  [-32_602, 'invalid_request'],
]);

/** Names of failures in the data of an error, a custom of the adapters. */
const codesByKind: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['authentication_failed', 'authentication_failed'],
  ['cloud_credential_error', 'authentication_failed'],
  ['verification_required', 'authentication_failed'],
  ['oauth_org_not_allowed', 'permission_denied'],
  ['account_on_hold', 'permission_denied'],
  ['billing_error', 'quota_exceeded'],
  ['quota_exceeded', 'quota_exceeded'],
  ['usage_limit', 'quota_exceeded'],
  ['rate_limit', 'rate_limited'],
  ['overloaded', 'provider_overloaded'],
  ['server_error', 'provider_unavailable'],
  ['model_not_found', 'model_not_found'],
  ['context_window_exceeded', 'context_window_exceeded'],
  ['invalid_request', 'invalid_request'],
  ['transport_lost', 'agent_crashed'],
  ['worker_shutdown', 'agent_crashed'],
]);

const codesByStopReason: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['max_turn_requests', 'max_turns_reached'],
  ['refusal', 'content_refused'],
]);

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  authentication_failed:
    'is not signed in, or its credentials were refused. Sign it in with its own program.',
  permission_denied: 'may not use the model service with its account.',
  quota_exceeded: 'has used up its plan or budget.',
  rate_limited: 'was refused by the model service because of too many requests.',
  provider_overloaded: 'found the model service overloaded.',
  provider_unavailable: 'could not reach the model service, or the service failed.',
  model_not_found: 'does not have the model, or not for its account.',
  context_window_exceeded: 'has a conversation longer than the model can take.',
  content_refused: 'says that the model refused to answer.',
  invalid_request: 'was asked for something that it, or its model service, does not take.',
  max_turns_reached: 'used all the model turns that it was allowed.',
  agent_protocol_error: 'does not speak the protocol as it should.',
  agent_crashed: 'lost the program that does its work.',
};

/** An error of the agent, as the SDK gives it. */
interface AgentError {
  readonly number: number;
  readonly kind: string | undefined;
  readonly said: string;
}

/** How the agent's process is, for failures that come from its end. */
export interface ProcessState {
  /** How it ended by itself; `undefined` while it lives. */
  readonly exit: ProcessExit | undefined;
  readonly stderr: string;
  /** What broke the reading of its output. */
  readonly broken: unknown;
}

/** Makes an error of what a request to the agent was rejected with. */
export function requestError(agent: AcpAgent, thrown: unknown, process: ProcessState): AsmError {
  if (isAsmError(thrown)) return thrown;
  const error = readAgentError(thrown);
  if (error === undefined) return lostError(agent.name, thrown, process);
  const code = codeOf(agent, error);
  return new AsmError(code, sentence(agent.name, code, error.said), {
    cause: thrown,
    provider: failure(agent.name, error.kind ?? String(error.number), process.stderr),
  });
}

/** The error of a turn that ended with a reason that isn't good; `undefined` for a good one. */
export function stopError(agent: AcpAgent, stopReason: string): AsmError | undefined {
  if (stopReason === 'end_turn' || stopReason === 'cancelled') return undefined;
  const code = codesByStopReason.get(stopReason) ?? 'agent_failed';
  return new AsmError(code, sentence(agent.name, code, `stop reason ${stopReason}`), {
    provider: failure(agent.name, stopReason, ''),
  });
}

/** The error of an agent that breaks the protocol. */
export function protocolError(name: string, what: string, cause?: unknown): AsmError {
  return new AsmError('agent_protocol_error', `The agent ${name} ${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    provider: failure(name, 'protocol', ''),
  });
}

/** That an earlier conversation can't go on. What says so must be an answer, not the agent's end. */
export function resumeError(name: string, handle: string, thrown: unknown): unknown {
  if (thrown instanceof ConnectionClosed) return thrown;
  const error = thrown === undefined ? undefined : readAgentError(thrown);
  if (error?.number === -32_000) return thrown;
  const why =
    thrown === undefined ? 'It does not offer that.' : `It said: ${error?.said ?? describe(thrown)}`;
  return new AsmError(
    'resume_failed',
    `The agent ${name} could not continue the conversation ${JSON.stringify(handle)}. ${why}`,
    {
      ...(thrown === undefined ? {} : { cause: thrown }),
      provider: failure(name, String(error?.number ?? 'resume'), ''),
    },
  );
}

function codeOf(agent: AcpAgent, error: AgentError): ErrorCode {
  const byText = agent.preset?.errorTexts?.find(({ begin }) => error.said.startsWith(begin))?.code;
  const byKind = error.kind === undefined ? undefined : codesByKind.get(error.kind);
  return byText ?? byKind ?? codesByNumber.get(error.number) ?? 'agent_failed';
}

function readAgentError(thrown: unknown): AgentError | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'number') return undefined;
  const data = 'data' in thrown ? toJson(thrown.data) : undefined;
  const details = textField(data, 'details') ?? textField(data, 'message');
  const said = thrown.message.replace(/^Internal error: /, '');
  return {
    number: thrown.code,
    kind: textField(data, 'errorKind'),
    said: (details === undefined || said.includes(details) ? said : `${said}: ${details}`).slice(
      0,
      maximumSaid,
    ),
  };
}

/** The error of an agent that went away, or broke its protocol, while it was asked. */
function lostError(name: string, thrown: unknown, { exit, stderr, broken }: ProcessState): AsmError {
  // What we could not read ends the agent, too.
  if (exit === undefined || broken !== undefined) {
    const why = broken === undefined ? describe(thrown) : describe(broken);
    return new AsmError('agent_protocol_error', `The agent ${name} can't be understood any more: ${why}`, {
      cause: broken ?? thrown,
      provider: failure(name, 'protocol', stderr),
    });
  }
  const how = exit.signal === undefined ? `with exit code ${exit.exitCode}` : `by ${exit.signal}`;
  return new AsmError('agent_crashed', `The agent ${name} ended ${how} before its turn was over.`, {
    cause: thrown,
    provider: { ...failure(name, 'process_ended', stderr), ...exit },
  });
}

function sentence(name: string, code: ErrorCode, said: string): string {
  const base = `The agent ${name} ${messages[code] ?? 'ended its turn with an error.'}`;
  return said === '' ? base : `${base} It said: ${said}`;
}

function failure(name: string, kind: string, stderr: string): ProviderFailure {
  return { provider: name, kind, ...(stderr === '' ? {} : { stderr }) };
}

function describe(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, maximumSaid);
}
