import { isJsonObject, type JsonValue } from '../../domain/json.ts';
import type { ModelRequest } from './model-request.ts';

/** One result of a tool, as the agent told it to the model. */
export interface ToolResultSeen {
  readonly toolCallId: string;
  readonly text: string;
  readonly failed: boolean;
}

/** The texts of the last message that came from the user, joined by line feeds; tool results are not texts. */
export function lastUserText(request: ModelRequest): string {
  const last = messagesOf(request).findLast(
    (message) => message.role === 'user' && textOf(message.content) !== '',
  );
  return last === undefined ? '' : textOf(last.content);
}

/** Every text that the request carries, the system prompt first, then the conversation in its order: what the model knows. */
export function conversationTexts(request: ModelRequest): readonly string[] {
  const system = isJsonObject(request.body) ? (request.body['system'] ?? []) : [];
  const messages = messagesOf(request).flatMap((message) => blocksOf(message.content).flatMap(blockTexts));
  return [...blocksOf(system).flatMap(blockTexts), ...messages];
}

/** The tool results in the request's messages, in their order. */
export function toolResults(request: ModelRequest): readonly ToolResultSeen[] {
  const results: ToolResultSeen[] = [];
  for (const message of messagesOf(request)) {
    for (const block of blocksOf(message.content)) {
      if (!isJsonObject(block) || block['type'] !== 'tool_result') continue;
      results.push({
        toolCallId: typeof block['tool_use_id'] === 'string' ? block['tool_use_id'] : '',
        text: textOf(block['content'] ?? ''),
        failed: block['is_error'] === true,
      });
    }
  }
  return results;
}

function messagesOf(
  request: ModelRequest,
): readonly { readonly role: JsonValue | undefined; readonly content: JsonValue }[] {
  const messages = isJsonObject(request.body) ? request.body['messages'] : undefined;
  if (!isJsonArray(messages)) return [];
  return messages
    .filter(isJsonObject)
    .map((message) => ({ role: message['role'], content: message['content'] ?? '' }));
}

function blocksOf(content: JsonValue): readonly JsonValue[] {
  return isJsonArray(content) ? content : [content];
}

function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function textOf(content: JsonValue): string {
  return blocksOf(content)
    .flatMap((block) => (isJsonObject(block) && block['type'] === 'tool_result' ? [] : blockTexts(block)))
    .join('\n');
}

function blockTexts(block: JsonValue): readonly string[] {
  if (typeof block === 'string') return [block];
  if (!isJsonObject(block)) return [];
  if (typeof block['text'] === 'string') return [block['text']];
  return block['type'] === 'tool_result' ? blocksOf(block['content'] ?? '').flatMap(blockTexts) : [];
}
