import type { ErrorCode } from '../../domain/error-code.ts';
import { AsmError, type ProviderFailure } from '../../domain/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProcessExit } from '../../process/process-group.ts';
import { fieldOf, numberField, textField } from './native-fields.ts';

/** Codex's typed word for a failure, and the HTTP status behind it. */
export interface FailureSign {
  readonly kind: string;
  readonly status: number | undefined;
}

/** Reads `codexErrorInfo`: a word, or an object of one word with what is known about it. */
export function failureSign(error: JsonValue | undefined): FailureSign {
  const info = fieldOf(error, 'codexErrorInfo');
  if (typeof info === 'string') return { kind: info, status: undefined };
  const [kind = 'unknown'] = isJsonObject(info) ? Object.keys(info) : [];
  return { kind, status: numberField(fieldOf(info, kind), 'httpStatusCode') };
}

const codesByKind: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
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
  [429, 'rate_limited'],
  [529, 'provider_overloaded'],
]);

/** Failures of the way to the model service. */
const connectionKinds: ReadonlySet<string> = new Set([
  'httpConnectionFailed',
  'responseStreamConnectionFailed',
  'responseStreamDisconnected',
  'responseTooManyFailedAttempts',
]);

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  authentication_failed:
    'Codex is not signed in, or its credentials were refused. Sign in with `codex login`, or set OPENAI_API_KEY.',
  permission_denied: 'The model service does not allow this to the account that Codex uses.',
  quota_exceeded: 'The plan or budget that Codex uses is used up.',
  rate_limited: 'The model service refused because of too many requests.',
  provider_overloaded: 'The model service is overloaded.',
  provider_unavailable: 'The model service failed or could not be reached.',
  model_not_found: 'The model service does not have the model, or not for this account.',
  context_window_exceeded: 'The conversation is longer than the model can take.',
  content_refused: 'The model or its service refused the content.',
  invalid_request: 'The model service says that the request is malformed.',
};

/** The error of a turn that failed, from Codex's typed signals. */
export function turnError(failed: {
  readonly provider: string;
  readonly error: JsonValue | undefined;
  /** When the limit that stopped it is reset: wall time in milliseconds since 1970. */
  readonly limitResetsAt: number | undefined;
}): AsmError {
  const sign = failureSign(failed.error);
  const code = turnErrorCode(sign, failed.error);
  const said = [textField(failed.error, 'message'), textField(failed.error, 'additionalDetails')]
    .filter((text) => text !== undefined && text !== '')
    .join(' ');
  const base = messages[code] ?? 'Codex ended its turn with an error.';
  const retryAt = code === 'rate_limited' || code === 'quota_exceeded' ? failed.limitResetsAt : undefined;
  return new AsmError(code, said === '' ? base : `${base} It said: ${said.slice(0, 2_000)}`, {
    provider: {
      provider: failed.provider,
      kind: sign.kind,
      ...(sign.status === undefined ? {} : { status: sign.status }),
      ...(retryAt === undefined ? {} : { retryAt }),
    },
  });
}

function turnErrorCode({ kind, status }: FailureSign, error: JsonValue | undefined): ErrorCode {
  const byKind = codesByKind.get(kind);
  if (byKind !== undefined) return byKind;
  const byStatus = status === undefined ? undefined : codesByStatus.get(status);
  if (byStatus !== undefined) return byStatus;
  if (connectionKinds.has(kind)) return 'provider_unavailable';
  return serviceAnswer(error) ?? 'agent_failed';
}

const codesByServiceWord: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['model_not_found', 'model_not_found'],
  ['context_length_exceeded', 'context_window_exceeded'],
  ['invalid_prompt', 'content_refused'],
  ['content_policy_violation', 'content_refused'],
]);

/** A request that the service found malformed is told by its own answer, as JSON in the place of a text. */
function serviceAnswer(error: JsonValue | undefined): ErrorCode | undefined {
  const message = textField(error, 'message') ?? '';
  if (!message.startsWith('{')) return undefined;
  try {
    const answer: unknown = JSON.parse(message);
    const refusal = isJsonObject(answer) ? fieldOf(answer, 'error') : undefined;
    if (!isJsonObject(refusal)) return undefined;
    return codesByServiceWord.get(textField(refusal, 'code') ?? '') ?? 'invalid_request';
  } catch {
    return undefined;
  }
}

/** The error of a server that is gone, or that can't be understood any more. */
export function lostServer(lost: {
  readonly provider: string;
  readonly exit: ProcessExit | undefined;
  readonly broken: AsmError | undefined;
  readonly stderr: string;
}): AsmError {
  const { exit, broken } = lost;
  const failure: ProviderFailure = {
    provider: lost.provider,
    kind: exit === undefined || broken !== undefined ? 'protocol' : 'process_ended',
    ...(exit?.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
    ...(exit?.signal === undefined ? {} : { signal: exit.signal }),
    ...(lost.stderr === '' ? {} : { stderr: lost.stderr }),
  };
  if (broken !== undefined) {
    return new AsmError('agent_protocol_error', broken.message, { cause: broken, provider: failure });
  }
  if (exit === undefined) {
    const text = 'Codex closed its output before its turn was over.';
    return new AsmError('agent_protocol_error', text, { provider: failure });
  }
  const how = exit.signal === undefined ? `with exit code ${exit.exitCode}` : `by ${exit.signal}`;
  return new AsmError('agent_crashed', `Codex ended ${how} before its turn was over.`, { provider: failure });
}

/** The error of a server that started and says nothing. */
export function silentServer(provider: string, stderr: string): AsmError {
  return new AsmError('agent_protocol_error', 'Codex started, but does not answer.', {
    provider: { provider, kind: 'silent', ...(stderr === '' ? {} : { stderr }) },
  });
}

/** The error of a request that Codex refused. */
export function refusedRequest(code: ErrorCode, what: string, provider: string, refusal: Error): AsmError {
  return new AsmError(code, `${what} It said: ${refusal.message}`, {
    cause: refusal,
    provider: { provider, kind: 'refused' },
  });
}

/** True when what the model service says of its limits is that one is used up; then until when. */
export function limitReset(snapshot: JsonObject): number | undefined {
  const windows = [fieldOf(snapshot, 'primary'), fieldOf(snapshot, 'secondary')];
  const full = windows.filter((window) => (numberField(window, 'usedPercent') ?? 0) >= 100);
  const resets = full.flatMap((window) => numberField(window, 'resetsAt') ?? []);
  return resets.length === 0 ? undefined : Math.max(...resets) * 1_000;
}
