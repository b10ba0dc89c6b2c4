import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { limitReset } from './errors.ts';
import { fieldOf, numberField, objectField, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** What a person should know besides; `undefined` for what isn't known. */
export function normalizeNotice(
  method: string,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  switch (method) {
    case 'warning':
    case 'guardianWarning':
      return warn('agent_warning', textField(params, 'message'));
    case 'configWarning':
    case 'deprecationNotice': {
      const [summary, details] = [textField(params, 'summary'), textField(params, 'details')];
      return warn(
        'agent_warning',
        summary === undefined ? details : [summary, details ?? ''].join(' ').trim(),
      );
    }
    case 'model/rerouted': {
      const [from, to] = [textField(params, 'fromModel'), textField(params, 'toModel')];
      if (to === undefined) return undefined;
      state.model = to;
      return warn('model_rerouted', `${to} answers in place of ${from ?? 'the model asked for'}.`);
    }
    case 'mcpServer/startupStatus/updated':
      return mcpStatus(params);
    case 'account/rateLimits/updated':
      return limits(objectField(params, 'rateLimits'), state);
    default:
      return undefined;
  }
}

function warn(code: string, message: string | undefined): readonly ProviderEvent[] | undefined {
  if (message === undefined) return undefined;
  return [{ type: 'warning_raised', data: { code, message: message.slice(0, 2_000) } }];
}

function mcpStatus(params: JsonObject): readonly ProviderEvent[] | undefined {
  const [name, status] = [textField(params, 'name'), textField(params, 'status')];
  if (name === undefined || status === undefined) return undefined;
  if (status !== 'failed') return [];
  const why = textField(params, 'error') ?? 'no reason given';
  return warn('mcp_server_failed', `The MCP server ${JSON.stringify(name)} did not start: ${why}`);
}

function limits(snapshot: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  state.limitResetsAt = limitReset(snapshot) ?? state.limitResetsAt;
  const status = textField(snapshot, 'rateLimitReachedType') ?? 'allowed';
  return ['primary', 'secondary'].flatMap((kind): ProviderEvent[] => {
    const window = fieldOf(snapshot, kind);
    const used = numberField(window, 'usedPercent');
    const resetsAt = numberField(window, 'resetsAt');
    if (used === undefined) return [];
    const data = {
      status,
      kind,
      utilization: Math.min(1, Math.max(0, used / 100)),
      ...(resetsAt === undefined ? {} : { resetsAt: resetsAt * 1_000 }),
    };
    return [{ type: 'rate_limit_updated', data }];
  });
}
