import type { EventData } from '../../domain/event-data.ts';
import type { JsonValue } from '../../domain/json.ts';
import { objectField, textField } from '../../domain/json-field.ts';
import { changeKind } from './tool-call.ts';

/** Longest diff that is passed on, in characters. */
const maximumDiff = 256 * 1024;

type FileChange = EventData['file_changed'];

/** What a patch did to one file; two changes when it moved it. */
export function readFileChange(change: JsonValue, toolCallId: string): readonly FileChange[] {
  const path = textField(change, 'path');
  const diff = textField(change, 'diff') ?? '';
  if (path === undefined) return [];
  const moved = textField(objectField(change, 'kind'), 'move_path');
  switch (changeKind(change)) {
    case 'add':
      return [changed(path, 'created', toolCallId, `--- /dev/null\n+++ ${path}\n${wholeFile(diff, '+')}`)];
    case 'delete':
      return [changed(path, 'deleted', toolCallId, `--- ${path}\n+++ /dev/null\n${wholeFile(diff, '-')}`)];
    default:
      return moved === undefined
        ? [changed(path, 'modified', toolCallId, `--- ${path}\n+++ ${path}\n${diff}`)]
        : [
            changed(path, 'deleted', toolCallId, undefined),
            changed(moved, 'created', toolCallId, `--- ${path}\n+++ ${moved}\n${diff}`),
          ];
  }
}

function changed(
  path: string,
  change: FileChange['change'],
  toolCallId: string,
  diff: string | undefined,
): FileChange {
  return { path, change, toolCallId, ...(diff === undefined ? {} : { diff: diff.slice(0, maximumDiff) }) };
}

/** Codex tells a new or deleted file by its content. */
function wholeFile(content: string, sign: '+' | '-'): string {
  if (content === '') return '';
  const hasEnd = content.endsWith('\n');
  const lines = (hasEnd ? content.slice(0, -1) : content).split('\n');
  const range = sign === '+' ? `-0,0 +1,${lines.length}` : `-1,${lines.length} +0,0`;
  return `@@ ${range} @@\n${lines.map((line) => `${sign}${line}\n`).join('')}${hasEnd ? '' : '\\ No newline at end of file\n'}`;
}
