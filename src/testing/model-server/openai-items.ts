import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import { cutText, type ModelToolUse, type ModelTurn } from './model-turn.ts';

/** One output item of an OpenAI response: whole, as it is opened in a stream, and the events that fill it. */
export interface OpenaiItem {
  readonly whole: JsonObject;
  readonly opened: JsonObject;
  readonly events: readonly { readonly name: string; readonly fields: JsonObject }[];
}

/** The output items of a turn, in the order in which the model says them. */
export function openaiItems(turn: ModelTurn): readonly OpenaiItem[] {
  const chunks = turn.chunks ?? 3;
  const items: OpenaiItem[] = [];
  if (turn.thinking !== undefined) items.push(reasoningItem(turn.thinking, chunks));
  for (const query of turn.searches ?? []) items.push(searchItem(query));
  if (turn.text !== undefined) items.push(messageItem(turn.text, chunks));
  for (const tool of turn.tools ?? []) items.push(toolItem(tool));
  return items;
}

/** A new id in the form that the service uses, such as `resp_…`. */
export function openaiId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

function reasoningItem(thinking: string, chunks: number): OpenaiItem {
  const id = openaiId('rs');
  const opened = { id, type: 'reasoning', summary: [], encrypted_content: null };
  const place = { item_id: id, summary_index: 0 };
  const part = { type: 'summary_text', text: '' };
  return {
    opened,
    whole: { ...opened, summary: [{ type: 'summary_text', text: thinking }] },
    events: [
      { name: 'response.reasoning_summary_part.added', fields: { ...place, part } },
      ...cutText(thinking, chunks).map((delta) => ({
        name: 'response.reasoning_summary_text.delta',
        fields: { ...place, delta },
      })),
      { name: 'response.reasoning_summary_text.done', fields: { ...place, text: thinking } },
    ],
  };
}

function searchItem(query: string): OpenaiItem {
  const opened = { id: openaiId('ws'), type: 'web_search_call', status: 'in_progress' };
  const action = { type: 'search', query, queries: [query] };
  return { opened, whole: { ...opened, status: 'completed', action }, events: [] };
}

function messageItem(text: string, chunks: number): OpenaiItem {
  const id = openaiId('msg');
  const opened = { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
  const place = { item_id: id, content_index: 0 };
  const part = { type: 'output_text', text: '', annotations: [] };
  return {
    opened,
    whole: { ...opened, status: 'completed', content: [{ ...part, text }] },
    events: [
      { name: 'response.content_part.added', fields: { ...place, part } },
      ...cutText(text, chunks).map((delta) => ({
        name: 'response.output_text.delta',
        fields: { ...place, delta },
      })),
    ],
  };
}

/** Tools of MCP servers have a group: `mcp__server__tool` is the tool of the group `mcp__server`. */
const grouped = /^(mcp__.+?)__(.+)$/;

function toolItem(tool: ModelToolUse): OpenaiItem {
  const call = { call_id: tool.id ?? openaiId('call'), status: 'completed' };
  const [, namespace, name = tool.name] = grouped.exec(tool.name) ?? [];
  const whole: JsonObject =
    tool.text === undefined
      ? {
          id: openaiId('fc'),
          type: 'function_call',
          ...call,
          name,
          ...(namespace === undefined ? {} : { namespace }),
          arguments: JSON.stringify(tool.input),
        }
      : { id: openaiId('ctc'), type: 'custom_tool_call', ...call, name, input: tool.text };
  const empty = tool.text === undefined ? { arguments: '' } : { input: '' };
  return { whole, opened: { ...whole, ...empty, status: 'in_progress' }, events: [] };
}
