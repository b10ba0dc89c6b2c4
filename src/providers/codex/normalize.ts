import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { fitsShape } from './item-shape.ts';
import { normalizeDelta } from './normalize-delta.ts';
import { normalizeItem } from './normalize-item.ts';
import { normalizeNotice } from './normalize-notice.ts';
import { normalizeTurn } from './normalize-turn.ts';
import { fieldOf, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Notifications that say nothing of the run, or nothing that others don't say. */
export const silentNotifications: ReadonlySet<string> = new Set([
  'account/login/completed',
  'account/updated',
  'app/list/updated',
  'fs/changed',
  'hook/completed',
  'hook/started',
  'item/commandExecution/terminalInteraction',
  'item/fileChange/outputDelta',
  'item/fileChange/patchUpdated',
  'item/mcpToolCall/progress',
  'model/safetyBuffering/updated',
  'model/verification',
  'modelProvider/authRecoveryCompleted',
  'modelProvider/authRecoveryStarted',
  'project/changed',
  'remoteControl/status/changed',
  'serverRequest/resolved',
  'skills/changed',
  'thread/archived',
  'thread/closed',
  'thread/compacted',
  'thread/environment/connected',
  'thread/environment/disconnected',
  'thread/goal/cleared',
  'thread/goal/updated',
  'thread/name/updated',
  'thread/prediction/updated',
  'thread/project/updated',
  'thread/queue/changed',
  'thread/readState/changed',
  'thread/settings/updated',
  'thread/started',
  'thread/status/changed',
  'thread/unarchived',
  'turn/diff/updated',
  'turn/moderationMetadata',
]);

/**
 * Turns one notification of Codex into events; `state` is changed. Pure but for that, and never throws for
 * any JSON: what it doesn't know becomes `unparsed`.
 */
export function normalize(
  method: string,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  if (silentNotifications.has(method)) return [];
  switch (method) {
    case 'item/started':
    case 'item/completed': {
      const item = fieldOf(params, 'item');
      if (!isJsonObject(item)) return unparsed(method, params);
      const thread = textField(params, 'threadId');
      const known = normalizeItem(item, method === 'item/completed', thread, state);
      if (known === undefined) return unparsed(method, params);
      // What could be read, and beside it all of what lacks the form that is known.
      return fitsShape(item) ? known : [...known, ...unparsed(method, params)];
    }
    case 'turn/started':
    case 'turn/completed':
    case 'turn/plan/updated':
    case 'thread/tokenUsage/updated':
    case 'error':
      return normalizeTurn(method, params, state);
    default:
      return (
        normalizeDelta(method, params, state) ??
        normalizeNotice(method, params, state) ??
        unparsed(method, params)
      );
  }
}

function unparsed(method: string, params: JsonObject): readonly ProviderEvent[] {
  return [{ type: 'unparsed', data: { raw: { method, params } } }];
}
