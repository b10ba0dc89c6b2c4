import type { ErrorCode } from '../../domain/error-code.ts';
import { AsmError, type ProviderFailure } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import { listField, numberField, textField } from '../../domain/json-field.ts';

/** What is known about a turn that ended badly. */
export interface FailedTurn {
  /** The agent's `result` message. */
  readonly result: JsonObject;
  /** The `error` of the last message that the agent wrote in the model's place. */
  readonly assistantError: string | undefined;
  /** True when the agent said that the model refused. */
  readonly refused: boolean;
  /** When the limit that stopped it is reset: wall time in milliseconds since 1970. */
  readonly limitResetsAt: number | undefined;
  /** True when the turn began, so that the conversation was found. */
  readonly begun: boolean;
  /** The conversation that was to be continued. */
  readonly resumed: string | undefined;
}

/** Signs by which the agent names the end of a turn, where that says it all. */
const codesByReason: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['prompt_too_long', 'context_window_exceeded'],
  ['blocking_limit', 'context_window_exceeded'],
  ['rapid_refill_breaker', 'context_window_exceeded'],
  ['max_turns', 'max_turns_reached'],
  ['budget_exhausted', 'quota_exceeded'],
]);

const codesByError: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['authentication_failed', 'authentication_failed'],
  ['cloud_credential_error', 'authentication_failed'],
  ['verification_required', 'authentication_failed'],
  ['oauth_org_not_allowed', 'permission_denied'],
  ['account_on_hold', 'permission_denied'],
  ['billing_error', 'quota_exceeded'],
  ['rate_limit', 'rate_limited'],
  ['overloaded', 'provider_overloaded'],
  ['model_not_found', 'model_not_found'],
  ['server_error', 'provider_unavailable'],
  ['invalid_request', 'invalid_request'],
  ['max_output_tokens', 'agent_failed'],
]);

/** Statuses that say more than the agent's name of the error, which puts several of them together. */
const codesByStatus: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [400, 'invalid_request'],
  [401, 'authentication_failed'],
  [402, 'quota_exceeded'],
  [403, 'permission_denied'],
  [404, 'model_not_found'],
  [413, 'context_window_exceeded'],
  [429, 'rate_limited'],
  [529, 'provider_overloaded'],
]);

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  authentication_failed:
    'Claude Code is not signed in, or its credentials were refused. Sign in with `claude`, or set ANTHROPIC_API_KEY.',
  permission_denied: 'The model service does not allow this to the account that Claude Code uses.',
  quota_exceeded: 'The plan or budget that Claude Code uses is used up.',
  rate_limited: 'The model service refused because of too many requests.',
  provider_overloaded: 'The model service is overloaded.',
  provider_unavailable: 'The model service failed or could not be reached.',
  model_not_found: 'The model service does not have the model, or not for this account.',
  context_window_exceeded: 'The conversation is longer than the model can take.',
  content_refused: 'The model refused to answer.',
  invalid_request: 'The model service says that the request is malformed.',
  max_turns_reached: 'Claude Code used all the model turns that it was allowed.',
  resume_failed: 'Claude Code could not continue the earlier conversation.',
  agent_failed: 'Claude Code ended its turn with an error.',
};

/** The error of a turn, from the agent's typed signals: its reason, the status, the name of the error. */
export function turnError(turn: FailedTurn, stderr: string): AsmError {
  const { result } = turn;
  const status = numberField(result, 'api_error_status');
  const reason = textField(result, 'terminal_reason');
  const code = turnErrorCode(turn, reason, status);
  const said =
    textField(result, 'result') ?? listField(result, 'errors').find((text) => typeof text === 'string');
  const retryAt = code === 'rate_limited' || code === 'quota_exceeded' ? turn.limitResetsAt : undefined;
  const base = messages[code] ?? 'Claude Code ended its turn with an error.';
  return new AsmError(
    code,
    said === undefined || said === '' ? base : `${base} It said: ${said.slice(0, 2_000)}`,
    {
      provider: {
        provider: 'claude',
        kind: turn.assistantError ?? reason ?? textField(result, 'subtype') ?? 'unknown',
        ...(status === undefined ? {} : { status }),
        ...(stderr === '' ? {} : { stderr }),
        ...(retryAt === undefined ? {} : { retryAt }),
      },
    },
  );
}

function turnErrorCode(turn: FailedTurn, reason: string | undefined, status: number | undefined): ErrorCode {
  if (turn.refused || textField(turn.result, 'stop_reason') === 'refusal') return 'content_refused';
  const byReason = reason === undefined ? undefined : codesByReason.get(reason);
  if (byReason !== undefined) return byReason;
  if (textField(turn.result, 'subtype') === 'error_max_turns') return 'max_turns_reached';
  if (textField(turn.result, 'subtype') === 'error_max_budget_usd') return 'quota_exceeded';
  // A conversation that isn't there is the one failure that comes before the turn begins.
  if (turn.resumed !== undefined && !turn.begun && turn.assistantError === undefined) return 'resume_failed';
  const byStatus = status === undefined ? undefined : codesByStatus.get(status);
  const byError = turn.assistantError === undefined ? undefined : codesByError.get(turn.assistantError);
  if (byError === 'quota_exceeded') return byError;
  // A limit that says when it ends is a plan that is used up, not a moment of too many requests.
  if ((byStatus ?? byError) === 'rate_limited' && turn.limitResetsAt !== undefined) return 'quota_exceeded';
  if (byStatus !== undefined) return byStatus;
  if (status !== undefined && status >= 500) return 'provider_unavailable';
  if (byError !== undefined) return byError;
  if (reason === 'api_error' || reason === 'model_error') return 'provider_unavailable';
  return 'agent_failed';
}

/** How the process ended, for a run that has no result. */
export interface LostProcess {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr: string;
  readonly cause: unknown;
}

/** The error of a process that ended, or broke its protocol, before its turn was over. */
export function processError(lost: LostProcess): AsmError {
  const ended = lost.exitCode !== undefined || lost.signal !== undefined;
  const failure: ProviderFailure = {
    provider: 'claude',
    kind: ended ? 'process_ended' : 'protocol',
    ...(lost.exitCode === undefined ? {} : { exitCode: lost.exitCode }),
    ...(lost.signal === undefined ? {} : { signal: lost.signal }),
    ...(lost.stderr === '' ? {} : { stderr: lost.stderr }),
  };
  const how = lost.signal === undefined ? `with exit code ${lost.exitCode}` : `by ${lost.signal}`;
  return ended
    ? new AsmError(
        'agent_crashed',
        `Claude Code ended ${how} before its turn was over: ${describe(lost.cause)}`,
        {
          cause: lost.cause,
          provider: failure,
        },
      )
    : new AsmError(
        'agent_protocol_error',
        `Claude Code wrote something that could not be understood: ${describe(lost.cause)}`,
        {
          cause: lost.cause,
          provider: failure,
        },
      );
}

function describe(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 2_000);
}
