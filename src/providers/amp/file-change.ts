import type { EventData } from '../../domain/event-data.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { OpenCall } from './call-registry.ts';

/** Longest diff that is passed on, in characters. */
const maximumDiff = 256 * 1024;

/** Amp shows a diff as a block of Markdown, in JSON or as it is. */
const diffBlock = /```diff\n([\s\S]*?)\n?```/;

/** What a call that ended well did to a file; `undefined` when it changed none. */
export function readFileChange(
  { call, replacesFile }: OpenCall,
  content: JsonValue,
): EventData['file_changed'] | undefined {
  const [path] = call.paths ?? [];
  if (call.kind !== 'edit' || path === undefined) return undefined;
  if (call.tool === 'write')
    return { path, change: replacesFile ? 'modified' : 'created', toolCallId: call.id };
  const diff = readDiff(content);
  return {
    path,
    change: 'modified',
    toolCallId: call.id,
    ...(diff === undefined ? {} : { diff: diff.slice(0, maximumDiff) }),
  };
}

function readDiff(content: JsonValue): string | undefined {
  if (typeof content !== 'string') return undefined;
  return diffBlock.exec(quotedDiff(content) ?? content)?.[1];
}

function quotedDiff(content: string): string | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null && 'diff' in value && typeof value.diff === 'string'
      ? value.diff
      : undefined;
  } catch {
    return undefined;
  }
}
