import type { ToolResultData } from '../domain/event-data.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ToolKind } from '../domain/tool.ts';
import { formatDuration, formatSize, plural, shortPath } from './figure-format.ts';
import { contentLines, outputText } from './output-text.ts';
import { oneLine } from './visible-text.ts';

/** What a summary needs to know of a call. */
export interface SummarizedCall {
  readonly name: string;
  readonly tool: string;
  readonly kind: ToolKind;
  readonly input: JsonObject;
  readonly changedLines?: { readonly added: number; readonly removed: number } | undefined;
}

export type ToolResult = Pick<ToolResultData, 'output' | 'exitCode' | 'durationMs' | 'fullLength'>;

type Shape = 'bash' | 'read' | 'write' | 'edit' | 'glob' | 'grep' | 'task' | 'fetch' | 'web_search' | 'other';

/** By the tool's name, lower case, without separators. */
const shapes: Readonly<Record<string, Shape>> = {
  bash: 'bash',
  shell: 'bash',
  exec: 'bash',
  read: 'read',
  write: 'write',
  edit: 'edit',
  multiedit: 'edit',
  notebookedit: 'edit',
  glob: 'glob',
  grep: 'grep',
  task: 'task',
  agent: 'task',
  webfetch: 'fetch',
  websearch: 'web_search',
};

/** While it runs: `Running: npm test`. */
export function runningSummary(call: SummarizedCall): string {
  const subject = callSubject(call);
  switch (callShape(call)) {
    case 'bash':
      return `Running: ${subject}`;
    case 'read':
      return `Reading ${subject}`;
    case 'write':
      return `Writing ${subject}`;
    case 'edit':
      return `Editing ${subject}`;
    case 'glob':
      return `Searching for ${subject}`;
    case 'grep': {
      const path = textField(call.input, 'path');
      return `Searching "${subject}"${path === '' ? '' : ` in ${shortPath(path)}`}`;
    }
    case 'task':
      return subject === '' ? 'Task' : `Task: ${subject}`;
    case 'fetch':
      return `Fetching ${subject}`;
    case 'web_search':
      return `Searching: "${subject}"`;
    case 'other':
      return `Using ${subject}`;
  }
}

/** When it ended well: `Ran: npm test (exit 0, 1.5k chars, 3.2s)`. */
export function doneSummary(call: SummarizedCall, result: ToolResult): string {
  const subject = callSubject(call);
  const output = outputText(result.output);
  const length = result.fullLength ?? output.length;
  const more = result.fullLength !== undefined && result.fullLength > output.length ? '+' : '';
  const size = length === 0 ? undefined : formatSize(length);
  const duration = durationNote(result);
  switch (callShape(call)) {
    case 'bash':
      return `Ran: ${subject}${notes(exitNote(result), size, duration)}`;
    case 'read':
      return `Read ${subject} (${lineCount(output)}${more === '' ? '' : ' or more'})`;
    case 'write': {
      const written = textField(call.input, 'content');
      return `Wrote ${subject}${written === '' ? '' : ` (${lineCount(written)})`}`;
    }
    case 'edit':
      return `Edited ${subject}${notes(changeNote(call))}`;
    case 'glob':
      return `Found ${plural(foundCount(output), 'file')} matching ${subject}`;
    case 'grep':
      return `Found ${plural(foundCount(output), 'match', 'matches')} for "${subject}"`;
    case 'task':
      return `Task complete${subject === '' ? '' : `: ${subject}`}${notes(duration)}`;
    case 'fetch':
      return `Fetched ${subject}${notes(size, duration)}`;
    case 'web_search':
      return `Searched: "${subject}"${notes(size, duration)}`;
    case 'other':
      return `${subject} complete${notes(size, duration)}`;
  }
}

/** When it failed: `Bash failed: npm test (exit 1)`, `Read failed: a.ts — file not found`. */
export function failedSummary(
  call: SummarizedCall,
  how: 'failed' | 'denied' | 'stopped',
  result: ToolResult,
): string {
  const shape = callShape(call);
  const name = oneLine(call.name, 60);
  const subject = shape === 'other' ? '' : callSubject(call);
  const what = `${shape === 'bash' ? 'Bash' : name} ${how}${subject === '' ? '' : `: ${subject}`}`;
  const figures = notes(exitNote(result), durationNote(result));
  // A command's exit code says that it failed; anything else is explained by what it said.
  const why =
    shape === 'bash' && result.exitCode !== undefined
      ? ''
      : oneLine(contentLines(outputText(result.output).slice(0, 4_000))[0] ?? '', 120);
  return `${what}${figures}${why === '' ? '' : ` — ${why}`}`;
}

/** The call in a few words, for labels. */
export function callLabel(call: SummarizedCall): string {
  const subject = callSubject(call);
  return callShape(call) === 'other' || subject === '' ? oneLine(call.name, 60) : subject;
}

function callShape(call: SummarizedCall): Shape {
  const known = shapes[plainName(call.tool)] ?? shapes[plainName(call.name)];
  if (known !== undefined) return known;
  if (call.kind === 'execute' && commandField(call.input) !== '') return 'bash';
  return call.kind === 'agent' ? 'task' : 'other';
}

function plainName(name: string): string {
  return name.length > 40 ? '' : name.toLowerCase().replace(/[-_ ]/g, '');
}

function callSubject(call: SummarizedCall): string {
  const { input } = call;
  switch (callShape(call)) {
    case 'bash':
      return oneLine(commandField(input), 60);
    case 'read':
    case 'write':
    case 'edit':
      return shortPath(textField(input, 'file_path', 'path', 'notebook_path', 'filePath') || 'a file');
    case 'glob':
    case 'grep':
      return oneLine(textField(input, 'pattern', 'query'), 60);
    case 'task':
      return oneLine(textField(input, 'description', 'prompt'), 60);
    case 'fetch':
      return host(textField(input, 'url'));
    case 'web_search':
      return oneLine(textField(input, 'query'), 60);
    case 'other':
      return oneLine(call.tool.startsWith('mcp:') ? call.tool : call.name, 60);
  }
}

/** The command, under the names that agents have for it, as text or as words. */
function commandField(input: JsonObject): string {
  return textField(input, 'command', 'cmd') || listField(input, 'command');
}

/** The first of these fields that holds text. */
function textField(input: JsonObject, ...names: readonly string[]): string {
  for (const name of names) {
    const value = input[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

function listField(input: JsonObject, name: string): string {
  const value = input[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(' ') : '';
}

function host(url: string): string {
  return oneLine(URL.canParse(url) ? new URL(url).host || url : url, 60);
}

function lineCount(text: string): string {
  if (text === '') return '0 lines';
  return plural(text.split('\n').length - (text.endsWith('\n') ? 1 : 0), 'line');
}

function foundCount(output: string): number {
  const lines = contentLines(output);
  return lines.length === 1 && /^no (?:files|matches)\b/i.test(lines[0] ?? '') ? 0 : lines.length;
}

function exitNote(result: ToolResult): string | undefined {
  return result.exitCode === undefined ? undefined : `exit ${result.exitCode}`;
}

function durationNote(result: ToolResult): string | undefined {
  return result.durationMs !== undefined && result.durationMs > 2_000
    ? formatDuration(result.durationMs)
    : undefined;
}

function changeNote(call: SummarizedCall): string | undefined {
  return call.changedLines === undefined
    ? undefined
    : `+${call.changedLines.added} −${call.changedLines.removed}`;
}

function notes(...parts: readonly (string | undefined)[]): string {
  const present = parts.filter((part) => part !== undefined);
  return present.length === 0 ? '' : ` (${present.join(', ')})`;
}
