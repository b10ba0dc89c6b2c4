import type { EventData } from '../../domain/event-data.ts';
import type { JsonValue } from '../../domain/json.ts';
import { fieldOf, textField } from './native-fields.ts';

/** Longest diff that is passed on, in characters. */
const maximumDiff = 256 * 1024;

const changes = { add: 'created', delete: 'deleted', update: 'modified' } as const;

/** What one change of a patch did; `undefined` when it names no file. A file that was moved is two changes. */
export function readFileChanges(change: JsonValue, toolCallId: string): readonly EventData['file_changed'][] {
  const path = textField(change, 'path');
  if (path === undefined) return [];
  const kind = fieldOf(change, 'kind');
  const type = textField(kind, 'type');
  const known = type === 'add' || type === 'delete' ? type : 'update';
  const text = textField(change, 'diff') ?? '';
  const target = textField(kind, 'move_path');
  if (known === 'update' && target !== undefined && target !== path) {
    return [
      { path, change: 'deleted', toolCallId },
      { path: target, change: 'created', toolCallId, ...diffOf(path, target, text) },
    ];
  }
  const [from, to] = [known === 'add' ? '/dev/null' : path, known === 'delete' ? '/dev/null' : path];
  const body = known === 'update' ? text : wholeFile(text, known === 'add' ? '+' : '-');
  return [{ path, change: changes[known], toolCallId, ...diffOf(from, to, body) }];
}

/** Codex gives the whole text of a file that came or went, and hunks of one that changed. */
function wholeFile(text: string, sign: '+' | '-'): string {
  if (text === '') return '';
  const hasEnd = text.endsWith('\n');
  const lines = (hasEnd ? text.slice(0, -1) : text).split('\n');
  const place = sign === '+' ? `-0,0 +1,${lines.length}` : `-1,${lines.length} +0,0`;
  const body = lines.map((line) => `${sign}${line}\n`).join('');
  return `@@ ${place} @@\n${body}${hasEnd ? '' : '\\ No newline at end of file\n'}`;
}

function diffOf(from: string, to: string, body: string): { readonly diff?: string } {
  if (body === '') return {};
  return { diff: `--- ${from}\n+++ ${to}\n${body}`.slice(0, maximumDiff) };
}
