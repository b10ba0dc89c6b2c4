import type { ErrorCode } from '../../domain/error-code.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import { AsmError, type ProviderFailure } from '../../domain/error.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { fieldOf, numberField, textField } from '../../domain/json-field.ts';

/** What is known about a turn that failed. */
export interface FailedTurn {
  /** The `error` of the turn. */
  readonly error: JsonObject;
  /** The error for which the model was asked again last. */
  readonly retried: JsonObject | undefined;
  /** When the limit that stopped it is reset: wall time in milliseconds since 1970. */
  readonly limitResetsAt: number | undefined;
  /** Variables in which model providers of Codex' configuration have their keys. */
  readonly keyVariables: readonly string[];
}

/** Codex's names of errors that say it all. */
const codesByName: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['contextWindowExceeded', 'context_window_exceeded'],
  ['sessionBudgetExceeded', 'quota_exceeded'],
  ['usageLimitExceeded', 'quota_exceeded'],
  ['rateLimitExceeded', 'rate_limited'],
  ['flexUnavailable', 'provider_overloaded'],
  ['serverOverloaded', 'provider_overloaded'],
  ['cyberPolicy', 'content_refused'],
  ['misalignmentPolicyViolation', 'content_refused'],
  ['internalServerError', 'provider_unavailable'],
  ['unauthorized', 'authentication_failed'],
  ['badRequest', 'invalid_request'],
]);

const codesByStatus: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [400, 'invalid_request'],
  [401, 'authentication_failed'],
  [402, 'quota_exceeded'],
  [403, 'permission_denied'],
  [404, 'model_not_found'],
  [413, 'context_window_exceeded'],
  [422, 'invalid_request'],
  [429, 'rate_limited'],
  [529, 'provider_overloaded'],
]);

/** Names of errors by the model service, which Codex passes on as it got them. */
const codesByService: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['invalid_request_error', 'invalid_request'],
  ['context_length_exceeded', 'context_window_exceeded'],
  ['model_not_found', 'model_not_found'],
  ['content_policy_violation', 'content_refused'],
]);

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  authentication_failed:
    'Codex is not signed in, or its credentials were refused. Sign in with `codex login`, or set the key of its model provider.',
  permission_denied: 'The model service does not allow this to the account that Codex uses.',
  quota_exceeded: 'The plan or budget that Codex uses is used up.',
  rate_limited: 'The model service refused because of too many requests.',
  provider_overloaded: 'The model service is overloaded.',
  provider_unavailable: 'The model service failed or could not be reached.',
  model_not_found: 'The model service does not have the model, or not for this account.',
  context_window_exceeded: 'The conversation is longer than the model can take.',
  content_refused: 'The model service refused to answer.',
  invalid_request: 'The model service says that the request is malformed.',
};

/** The error of a turn, from Codex's typed signals. */
export function turnError(turn: FailedTurn, stderr: string): AsmError {
  const { error } = turn;
  const variable = missingKey(turn);
  if (variable !== undefined) return missingKeyError(variable, stderr);
  const code = turnErrorCode(turn);
  const said = textField(error, 'message') ?? '';
  const status = errorStatus(error);
  const retryAt = code === 'rate_limited' || code === 'quota_exceeded' ? turn.limitResetsAt : undefined;
  const base = messages[code] ?? 'Codex ended its turn with an error.';
  return new AsmError(code, said === '' ? base : `${base} It said: ${said.slice(0, 2_000)}`, {
    provider: {
      provider: 'codex',
      kind: errorName(error) ?? 'unknown',
      ...(status === undefined ? {} : { status }),
      ...(stderr === '' ? {} : { stderr }),
      ...(retryAt === undefined ? {} : { retryAt }),
    },
  });
}

/**
 * The variable with a key that Codex didn't get. There is no typed sign of that; but only names of its configuration are
 * taken from what it says, since a service may say anything in its place.
 */
function missingKey({ error, keyVariables }: FailedTurn): string | undefined {
  const [, named] = /^Missing environment variable: `([^`]+)`/.exec(textField(error, 'message') ?? '') ?? [];
  return keyVariables.find((variable) => variable === named);
}

function missingKeyError(variable: string, stderr: string): AsmError {
  return new AsmError(
    'authentication_failed',
    `Codex did not get the variable ${variable}, which its configuration names as the key of its model provider. It has to be set, and passed on to the agent.`,
    {
      details: { variable, ...decidedBy('environment') },
      provider: failure('missing_key', stderr),
    },
  );
}

function turnErrorCode({ error, retried }: FailedTurn): ErrorCode {
  const name = errorName(error);
  const byName = name === undefined ? undefined : codesByName.get(name);
  if (byName !== undefined) return byName;
  const status = errorStatus(error);
  if (status !== undefined) return codeOfStatus(status);
  // A service's refusal of the request comes as its own body, in the place of a message.
  const service = parsed(textField(error, 'message'));
  const byService = ['code', 'type'].flatMap(
    (field) => codesByService.get(textField(fieldOf(service, 'error'), field) ?? '') ?? [],
  )[0];
  if (byService !== undefined) return byService;
  // There is no other sign of it.
  if (textField(error, 'message')?.includes('reason: content_filter') === true) return 'content_refused';
  // Connections that break, and whatever else the model was asked again for in vain.
  if (name !== undefined && connectionErrors.has(name)) return 'provider_unavailable';
  return retried === undefined ? 'agent_failed' : 'provider_unavailable';
}

const connectionErrors: ReadonlySet<string> = new Set([
  'httpConnectionFailed',
  'responseStreamConnectionFailed',
  'responseStreamDisconnected',
  'responseTooManyFailedAttempts',
]);

function codeOfStatus(status: number): ErrorCode {
  return codesByStatus.get(status) ?? (status >= 500 ? 'provider_unavailable' : 'agent_failed');
}

/** Codex's name of an error: a word, or the one field of an object. */
function errorName(error: JsonObject): string | undefined {
  const info = fieldOf(error, 'codexErrorInfo');
  if (typeof info === 'string') return info;
  return isJsonObject(info) ? Object.keys(info)[0] : undefined;
}

/** The status of the model service, where there was one. */
export function errorStatus(error: JsonObject): number | undefined {
  const info = fieldOf(error, 'codexErrorInfo');
  if (!isJsonObject(info)) return undefined;
  return numberField(Object.values(info)[0], 'httpStatusCode');
}

function parsed(text: string | undefined): JsonObject | undefined {
  if (text?.startsWith('{') !== true) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How the process ended, for a run whose turn has not. */
export interface LostProcess {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr: string;
}

/** The error of a process that ended before the turn was over. */
export function crashError(lost: LostProcess): AsmError {
  const how = lost.signal === undefined ? `with exit code ${lost.exitCode}` : `by ${lost.signal}`;
  return new AsmError('agent_crashed', `Codex ended ${how} before its turn was over.`, {
    provider: {
      ...failure('process_ended', lost.stderr),
      ...(lost.exitCode === undefined ? {} : { exitCode: lost.exitCode }),
      ...(lost.signal === undefined ? {} : { signal: lost.signal }),
    },
  });
}

/** The error of a program that doesn't keep its protocol. */
export function protocolError(why: string, stderr: string): AsmError {
  return new AsmError('agent_protocol_error', `Codex could not be understood: ${why}`, {
    provider: failure('protocol', stderr),
  });
}

/** The error of a conversation that can't be continued, or not as it was asked for. */
export function resumeError(why: string, cause?: unknown): AsmError {
  return new AsmError(
    'resume_failed',
    `Codex could not continue the earlier conversation: ${why.slice(0, 2_000)}`,
    {
      cause,
      provider: failure('resume', ''),
    },
  );
}

function failure(kind: string, stderr: string): ProviderFailure {
  return { provider: 'codex', kind, ...(stderr === '' ? {} : { stderr }) };
}
