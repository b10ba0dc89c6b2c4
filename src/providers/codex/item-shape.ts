import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { fieldOf, listField, textField } from './native-fields.ts';

type Check = (value: JsonValue | undefined) => boolean;

const text: Check = (value) => typeof value === 'string';
const textOrNull: Check = (value) => value === null || text(value);
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const anything: Check = (value) => value !== undefined;
const answer: Check = (value) =>
  value === null || (isJsonObject(value) && Array.isArray(value['content'])) || hasText(value, 'message');
const change: Check = (value) =>
  hasText(value, 'path') && hasText(value, 'diff') && hasText(fieldOf(value, 'kind'), 'type');
const changes: Check = (value) => Array.isArray(value) && listField({ value }, 'value').every(change);

/** The fields of Codex's items that are read, by the items' types. Its own schema says the same. */
export const itemShapes: { readonly [type: string]: { readonly [field: string]: Check } } = {
  agentMessage: { id: text, text },
  plan: { id: text, text },
  reasoning: { id: text, summary: texts, content: texts },
  commandExecution: { id: text, command: text, status: text, aggregatedOutput: textOrNull },
  fileChange: { id: text, changes, status: text },
  mcpToolCall: {
    id: text,
    server: text,
    tool: text,
    status: text,
    arguments: anything,
    result: answer,
    error: answer,
  },
  dynamicToolCall: {
    id: text,
    tool: text,
    status: text,
    arguments: anything,
    contentItems: (value) => value === null || Array.isArray(value),
  },
  webSearch: { id: text, query: text, action: anything },
  imageView: { id: text, path: text },
  collabAgentToolCall: { id: text, tool: text, status: text, receiverThreadIds: texts, prompt: textOrNull },
  subAgentActivity: { id: text, kind: text, agentThreadId: text },
  contextCompaction: { id: text },
};

/** True when an item has all that is read of it, in the form that is known. */
export function fitsShape(item: JsonObject): boolean {
  const shape = itemShapes[textField(item, 'type') ?? ''];
  return shape === undefined || Object.entries(shape).every(([field, check]) => check(fieldOf(item, field)));
}

function hasText(value: JsonValue | undefined, name: string): boolean {
  return textField(value, name) !== undefined;
}
