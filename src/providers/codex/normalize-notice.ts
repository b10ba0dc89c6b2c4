import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { errorStatus } from './errors.ts';
import { fieldOf, listField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { notifications } from './protocol.ts';
import { unparsed } from './unparsed.ts';

/** Plans, limits, retries and warnings; all else is unknown. */
export function normalizeNotice(
  method: string,
  message: JsonObject,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  switch (method) {
    case notifications.planUpdated:
      return plan(message, params);
    case notifications.rateLimits:
      return rateLimits(message, params, state);
    case notifications.error:
      return error(message, params, state);
    case notifications.compacted:
      return [{ type: 'context_compacted', data: { trigger: 'auto' } }];
    case notifications.modelRerouted:
      return rerouted(message, params, state);
    case notifications.mcpStatus:
      return mcpStatus(message, params);
    case notifications.warning:
    case notifications.guardianWarning:
      return warning(message, method, textField(params, 'message'));
    case notifications.configWarning:
    case notifications.deprecation:
      return warning(message, method, textField(params, 'summary'), textField(params, 'details'));
    default:
      return [unparsed(message)];
  }
}

function plan(message: JsonObject, params: JsonObject): readonly ProviderEvent[] {
  if (!Array.isArray(fieldOf(params, 'plan'))) return [unparsed(message)];
  const told = listField(params, 'plan');
  const steps = told.flatMap((step) => {
    const text = textField(step, 'step');
    return text === undefined ? [] : [{ text, status: stepStatus(textField(step, 'status')) }];
  });
  return steps.length < told.length ? [unparsed(message)] : [{ type: 'plan_updated', data: { steps } }];
}

function stepStatus(status: string | undefined): 'pending' | 'in_progress' | 'completed' {
  if (status === 'completed') return 'completed';
  return status === 'inProgress' ? 'in_progress' : 'pending';
}

function rateLimits(
  message: JsonObject,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const limits = fieldOf(params, 'rateLimits');
  if (!isJsonObject(limits)) return [unparsed(message)];
  return state.limits.take(limits).map((data) => ({ type: 'rate_limit_updated', data }));
}

/** The error that ends a turn is told again with the turn's end. */
function error(message: JsonObject, params: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const told = fieldOf(params, 'error');
  const reason = textField(told, 'additionalDetails') ?? textField(told, 'message');
  if (!isJsonObject(told) || reason === undefined) return [unparsed(message)];
  if (fieldOf(params, 'willRetry') !== true) return [];
  state.retries++;
  state.retried = told;
  const status = errorStatus(told);
  return [
    {
      type: 'agent_retrying',
      data: { attempt: state.retries, reason, ...(status === undefined ? {} : { status }) },
    },
  ];
}

function rerouted(message: JsonObject, params: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const [from, to] = [textField(params, 'fromModel'), textField(params, 'toModel')];
  if (from === undefined || to === undefined) return [unparsed(message)];
  state.model = to;
  return warning(
    message,
    notifications.modelRerouted,
    `The model service answers with ${to} in place of ${from}.`,
  );
}

function mcpStatus(message: JsonObject, params: JsonObject): readonly ProviderEvent[] {
  const [name, status] = [textField(params, 'name'), textField(params, 'status')];
  if (name === undefined || status === undefined) return [unparsed(message)];
  if (status !== 'failed') return [];
  return warning(
    message,
    'mcp_server_failed',
    `The MCP server ${name} did not start.`,
    textField(params, 'error'),
  );
}

function warning(
  message: JsonValue,
  method: string,
  text: string | undefined,
  details?: string,
): readonly ProviderEvent[] {
  if (text === undefined) return [unparsed(message)];
  const whole = details === undefined ? text : `${text} ${details}`;
  return [{ type: 'warning_raised', data: { code: `codex_${snakeCase(method)}`, message: whole } }];
}

function snakeCase(method: string): string {
  return method.replaceAll('/', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
