import type { Event } from '../domain/event.ts';
import type { ToolResultData } from '../domain/event-data.ts';
import { shortPath } from './figure-format.ts';
import { contentLines, outputText } from './output-text.ts';
import { studioSymbols } from './studio-note.ts';
import type { StudioWriter } from './studio-writer.ts';
import { callKey, ToolCallTable, type OpenToolCall } from './tool-call-table.ts';
import {
  callLabel,
  doneSummary,
  failedSummary,
  runningSummary,
  type SummarizedCall,
} from './tool-summary.ts';
import { cutText, oneLine, visibleText, wholeStart } from './visible-text.ts';

export const toolOutputModes = ['summary', 'preview', 'full'] as const;
export type ToolOutputMode = (typeof toolOutputModes)[number];

const previewLines = 3;
const longestLine = 4_000;

/** The lines of tool calls and of the subagents that some of them start. */
export class StudioToolView {
  readonly #writer: StudioWriter;
  readonly #mode: ToolOutputMode;
  readonly #calls = new ToolCallTable();
  /** Whose lines were written last: those of a call's subagent, or of the main thread. */
  #context: string | undefined;
  #count = 0;

  constructor(writer: StudioWriter, mode: ToolOutputMode) {
    this.#writer = writer;
    this.#mode = mode;
  }

  /** Calls since the run began. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#calls.clear();
    this.#context = undefined;
    this.#count = 0;
  }

  started(event: Event<'tool_call_started'>): string {
    this.#count += 1;
    const call = this.#calls.start(event);
    const before = this.#enter(call.parentKey);
    const line = this.#writer.running(call.key, runningSummary(call), call.depth);
    // What a subagent does first stands right below the call that started it.
    if (call.kind === 'agent') this.#context = call.key;
    return before + line;
  }

  decided(event: Event<'tool_call_decided'>): string {
    const call = this.#calls.get(callKey(event, event.data.toolCallId));
    if (call === undefined) return '';
    if (event.data.decision === 'allow') {
      if (event.data.changedInput === undefined) return '';
      call.input = event.data.changedInput;
      return this.#writer.detail(studioSymbols.nested, `input changed: ${callLabel(call)}`, call.depth);
    }
    call.denied = true;
    const text = failedSummary(call, 'denied', { output: event.data.reason ?? '' });
    return this.#enter(call.parentKey) + this.#writer.settled(call.key, true, text, call.depth);
  }

  output(event: Event<'tool_output_streamed'>): string {
    const call = this.#calls.get(callKey(event, event.data.toolCallId));
    if (call === undefined || this.#mode !== 'full') return '';
    const text = call.partialLine + event.data.text;
    const end = text.lastIndexOf('\n') + 1;
    const rest = text.slice(end);
    const whole = rest.length > longestLine ? text : text.slice(0, end);
    call.partialLine = rest.length > longestLine ? '' : rest;
    return this.#outputLines(call, contentLines(whole));
  }

  ended(event: Event<'tool_call_completed' | 'tool_call_failed'>): string {
    const { data } = event;
    const key = callKey(event, data.toolCallId);
    const call = this.#calls.end(key);
    if (call?.denied === true && event.type === 'tool_call_failed') return '';
    const depth = call?.depth ?? this.#calls.depthUnder(parentKeyOf(event));
    const shown: SummarizedCall = call ?? { name: data.name, tool: data.tool, kind: 'other', input: {} };
    const failed = event.type === 'tool_call_failed' || (data.exitCode !== undefined && data.exitCode !== 0);
    const how = event.type === 'tool_call_failed' ? failureWords[event.data.reason] : 'failed';
    const summary = failed ? failedSummary(shown, how, data) : doneSummary(shown, data);
    const rest = call === undefined ? '' : this.#restOfOutput(call);
    if (this.#context === key) this.#context = call?.parentKey;
    const before = call === undefined ? '' : this.#enter(call.parentKey);
    return (
      rest + before + this.#writer.settled(key, failed, summary, depth) + this.#result(data, call, depth)
    );
  }

  subagent(event: Event<'subagent_started' | 'subagent_completed'>): string {
    // A subagent with a call of its own is told by the lines of that call.
    const { toolCallId } = event.data;
    const background = event.type === 'subagent_started' && event.data.background;
    if (toolCallId !== undefined && !background && this.#calls.get(callKey(event, toolCallId)) !== undefined)
      return '';
    if (event.type === 'subagent_started') {
      const name = oneLine(event.data.agentType ?? 'Agent', 60);
      const about = oneLine(event.data.description ?? '', 120);
      return this.#writer.line(
        studioSymbols.running,
        'blue',
        `${name} started${background ? ' in the background' : ''}${about === '' ? '' : `: ${about}`}`,
      );
    }
    const summary = oneLine(event.data.summary ?? '', 120);
    const well = event.data.status === 'completed';
    return this.#writer.line(
      well ? studioSymbols.ok : studioSymbols.fail,
      well ? 'green' : 'red',
      `Subagent ${oneLine(event.data.status, 40)}${summary === '' ? '' : `: ${summary}`}`,
    );
  }

  fileChanged(event: Event<'file_changed'>): string {
    const { toolCallId, path, change, diff } = event.data;
    const call = toolCallId === undefined ? undefined : this.#calls.get(callKey(event, toolCallId));
    if (call?.kind === 'edit') {
      if (diff !== undefined) call.changedLines = countChanges(diff);
      return '';
    }
    // The line of an edit that ended has named the file.
    if (toolCallId !== undefined && call === undefined) return '';
    const verb = { created: 'Created', modified: 'Modified', deleted: 'Deleted' }[change];
    return this.#writer.line(studioSymbols.info, 'green', `${verb} ${shortPath(path)}`, {
      depth: call?.depth ?? 0,
    });
  }

  /** Where the text of a subagent stands, and the label that says whose it is if that isn't clear. */
  under(
    event: { readonly runId?: string },
    parentToolCallId: string,
  ): { readonly before: string; readonly depth: number } {
    const key = callKey(event, parentToolCallId);
    return { before: this.#enter(key), depth: this.#calls.depthUnder(key) };
  }

  #enter(parentKey: string | undefined): string {
    if (this.#context === parentKey) return '';
    this.#context = parentKey;
    const parent = parentKey === undefined ? undefined : this.#calls.get(parentKey);
    return parent === undefined
      ? ''
      : this.#writer.detail(studioSymbols.nested, callLabel(parent), parent.depth);
  }

  #restOfOutput(call: OpenToolCall): string {
    return call.partialLine === '' ? '' : this.#outputLines(call, contentLines(call.partialLine));
  }

  #outputLines(call: OpenToolCall, lines: readonly string[]): string {
    if (lines.length === 0) return '';
    const before =
      this.#context === call.key
        ? ''
        : this.#writer.detail(studioSymbols.nested, callLabel(call), call.depth);
    this.#context = call.key;
    call.outputShown = true;
    return before + lines.map((line) => this.#writer.detail('┊', outputLine(line), call.depth)).join('');
  }

  #result(data: ToolResultData, call: OpenToolCall | undefined, depth: number): string {
    if (this.#mode === 'summary' || (this.#mode === 'full' && call?.outputShown === true)) return '';
    const lines = contentLines(outputText(data.output));
    if (this.#mode === 'full')
      return lines.map((line) => this.#writer.detail('┊', outputLine(line), depth)).join('');
    return lines
      .slice(-previewLines)
      .map((line) => this.#writer.detail('│', oneLine(line, 200), depth))
      .join('');
  }
}

const failureWords = { error: 'failed', denied: 'denied', interrupted: 'stopped' } as const;

/** A line of output keeps its indentation. */
function outputLine(line: string): string {
  const start = line.length > longestLine * 2 ? wholeStart(line, longestLine * 2) : line;
  return cutText(visibleText(start).replaceAll('\t', '  '), longestLine);
}

function parentKeyOf(event: Event<'tool_call_completed' | 'tool_call_failed'>): string | undefined {
  const parent = event.data.parentToolCallId;
  return parent === undefined ? undefined : callKey(event, parent);
}

function countChanges(diff: string): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const line of diff.split('\n')) {
    if (line.startsWith('+') && !line.startsWith('+++')) added += 1;
    else if (line.startsWith('-') && !line.startsWith('---')) removed += 1;
  }
  return { added, removed };
}
