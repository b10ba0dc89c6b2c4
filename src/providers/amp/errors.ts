import type { ErrorCode } from '../../domain/error-code.ts';
import { AsmError, type ProviderFailure } from '../../domain/error.ts';
import { parseObject } from './normalize-tool-result.ts';
import { objectField, textField } from '../../domain/json-field.ts';

/** Amp's own words for some failures, which begin its texts. It tells no code and no status with them. */
const codesByTitle: readonly (readonly [string, ErrorCode])[] = [
  ['Unauthorized Check your access token.', 'authentication_failed'],
  ['Out of Credits Add credits to keep using Amp', 'quota_exceeded'],
  ['Usage Quota Exceeded ', 'quota_exceeded'],
  ['Rate Limit Hit ', 'rate_limited'],
  ['Context Limit Reached This conversation', 'context_window_exceeded'],
  ['Model Provider Overloaded Try again', 'provider_overloaded'],
  ['Model Stream Timed Out The model stopped', 'provider_unavailable'],
  ['Network Error Cannot reach Amp servers.', 'provider_unavailable'],
];

/** Texts of a connection that broke, or brought no answer of the model. */
const brokenConnections: ReadonlySet<string> = new Set([
  'terminated',
  'fetch failed',
  'Connection error.',
  'request ended without sending any chunks',
]);

/** The model service's names of errors, where Amp passes its answer on. */
const codesByType: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['invalid_request_error', 'invalid_request'],
  ['authentication_error', 'authentication_failed'],
  ['billing_error', 'quota_exceeded'],
  ['permission_error', 'permission_denied'],
  ['not_found_error', 'model_not_found'],
  ['request_too_large', 'context_window_exceeded'],
  ['rate_limit_error', 'rate_limited'],
  ['timeout_error', 'provider_unavailable'],
  ['api_error', 'provider_unavailable'],
  ['overloaded_error', 'provider_overloaded'],
]);

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  authentication_failed:
    'Amp is not signed in, or its key was refused. Sign in with `amp login`, or set AMP_API_KEY.',
  permission_denied: 'The model service does not allow this to the account that Amp uses.',
  quota_exceeded: 'The credits that Amp uses are used up.',
  rate_limited: 'The model service refused because of too many requests.',
  provider_overloaded: 'The model service is overloaded.',
  provider_unavailable: 'The model service or the server of Amp failed or could not be reached.',
  model_not_found: 'The model service does not have the model that Amp asked for.',
  context_window_exceeded: 'The conversation is longer than the model can take.',
  content_refused: 'The model refused to answer.',
  invalid_request: 'The model service says that the request is malformed.',
  resume_failed: 'Amp could not continue the earlier thread.',
};

/** The error of a run from what Amp said about it: in its result, or in its thread. */
export function saidError(said: string, kind: string, stderr = ''): AsmError {
  const answer = /^(?:(\d{3}) )?(\{.*\})$/s.exec(said);
  const type = textField(objectField(parseObject(answer?.[2] ?? ''), 'error'), 'type');
  const status = answer?.[1] === undefined ? undefined : Number(answer[1]);
  const code = saidCode(said, type, status);
  const base = messages[code] ?? 'Amp ended its turn with an error.';
  return new AsmError(code, said === '' ? base : `${base} It said: ${said.slice(0, 2_000)}`, {
    provider: {
      provider: 'amp',
      kind: type ?? kind,
      ...(status === undefined ? {} : { status }),
      ...(stderr === '' ? {} : { stderr }),
    },
  });
}

function saidCode(said: string, type: string | undefined, status: number | undefined): ErrorCode {
  const byType = type === undefined ? undefined : codesByType.get(type);
  if (byType !== undefined) return byType;
  if (status !== undefined && status >= 500) return 'provider_unavailable';
  if (said.startsWith('The model refused to respond to this request.')) return 'content_refused';
  if (brokenConnections.has(said)) return 'provider_unavailable';
  return codesByTitle.find(([title]) => said.startsWith(title))?.[1] ?? 'agent_failed';
}

/** How Amp ended, for a run that has no result. */
export interface LostProcess {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr: string;
  /** True when Amp had said which thread it works in. */
  readonly begun: boolean;
}

/** What Amp says on standard error when it can't begin. */
const startFailures: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^Thread T-\S+ does not exist\./m, 'resume_failed'],
  [/^Error: Invalid thread ID or URL: /m, 'resume_failed'],
  [/^Error: Invalid or missing API key\./m, 'authentication_failed'],
  [/^Error: Couldn't connect to the Amp server at /m, 'provider_unavailable'],
];

/** The error of an Amp that ended, or fell silent, before its turn was over. */
export function processError(lost: LostProcess): AsmError {
  const { exitCode, signal, stderr } = lost;
  const hasEnded = exitCode !== undefined || signal !== undefined;
  const failure: ProviderFailure = {
    provider: 'amp',
    kind: hasEnded ? 'process_ended' : 'protocol',
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(stderr === '' ? {} : { stderr }),
  };
  if (!hasEnded)
    return new AsmError('agent_protocol_error', 'Amp closed its output before its turn was over.', {
      provider: failure,
    });
  const known = lost.begun ? undefined : startFailures.find(([pattern]) => pattern.test(stderr))?.[1];
  if (known !== undefined)
    return new AsmError(known, `${messages[known]} It said: ${firstLine(stderr)}`, { provider: failure });
  const how = signal === undefined ? `with exit code ${exitCode}` : `by ${signal}`;
  return new AsmError('agent_crashed', `Amp ended ${how} before its turn was over.`, { provider: failure });
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 2_000);
}
