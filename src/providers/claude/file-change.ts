import type { EventData } from '../../domain/event-data.ts';
import type { JsonValue } from '../../domain/json.ts';
import { fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';

/** Longest diff that is passed on, in characters. */
const maximumDiff = 256 * 1024;

/** Names of Claude Code's tools that change a file. */
const fileTools: ReadonlySet<string> = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);

/** What a tool's result says about a changed file; `undefined` when it changed none. */
export function readFileChange(
  toolName: string,
  toolCallId: string,
  result: JsonValue | undefined,
): EventData['file_changed'] | undefined {
  if (!fileTools.has(toolName)) return undefined;
  const path = textField(result, 'filePath') ?? textField(result, 'notebook_path');
  if (path === undefined) return undefined;
  const isNew = textField(result, 'type') === 'create' || fieldOf(result, 'originalFile') === null;
  const diff = isNew
    ? creationDiff(textField(result, 'content') ?? textField(result, 'newString'))
    : patchDiff(result);
  return {
    path,
    change: isNew ? 'created' : 'modified',
    toolCallId,
    ...(diff === undefined
      ? {}
      : { diff: boundDiff(`--- ${isNew ? '/dev/null' : path}\n+++ ${path}\n${diff}`) }),
  };
}

function creationDiff(content: string | undefined): string | undefined {
  if (content === undefined || content === '') return undefined;
  const hasEnd = content.endsWith('\n');
  const lines = (hasEnd ? content.slice(0, -1) : content).split('\n');
  const body = lines.map((line) => `+${line}\n`).join('');
  return `@@ -0,0 +1,${lines.length} @@\n${body}${hasEnd ? '' : '\\ No newline at end of file\n'}`;
}

function patchDiff(result: JsonValue | undefined): string | undefined {
  const hunks = listField(result, 'structuredPatch').map((hunk) => {
    const place = `-${range(hunk, 'old')} +${range(hunk, 'new')}`;
    const lines = listField(hunk, 'lines').filter((line) => typeof line === 'string');
    return `@@ ${place} @@\n${lines.map((line) => `${line}\n`).join('')}`;
  });
  return hunks.length === 0 ? undefined : hunks.join('');
}

function range(hunk: JsonValue, side: 'old' | 'new'): string {
  return `${numberField(hunk, `${side}Start`) ?? 0},${numberField(hunk, `${side}Lines`) ?? 0}`;
}

function boundDiff(diff: string): string {
  return diff.length <= maximumDiff ? diff : diff.slice(0, maximumDiff);
}
