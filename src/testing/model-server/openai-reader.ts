import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ToolResultSeen } from './anthropic-reader.ts';
import type { ModelRequest } from './model-request.ts';

/** Every text of a request of the Responses API: the instructions first, then the conversation in its order. */
export function responseTexts(request: ModelRequest): readonly string[] {
  const instructions = isJsonObject(request.body) ? request.body['instructions'] : undefined;
  const texts = inputItems(request).flatMap((item) => [
    ...textsOf(item['content']),
    ...textsOf(item['output']),
    ...textsOf(item['summary']),
  ]);
  return typeof instructions === 'string' ? [instructions, ...texts] : texts;
}

/** The results of tools in the request, in their order; what failed is known by its text alone. */
export function responseToolResults(request: ModelRequest): readonly ToolResultSeen[] {
  return inputItems(request).flatMap((item) => {
    const type = item['type'];
    if (type !== 'function_call_output' && type !== 'custom_tool_call_output') return [];
    const id = item['call_id'];
    const text = textsOf(item['output']).join('\n');
    return [{ toolCallId: typeof id === 'string' ? id : '', text, failed: false }];
  });
}

function inputItems(request: ModelRequest): readonly JsonObject[] {
  const input = isJsonObject(request.body) ? request.body['input'] : undefined;
  return Array.isArray(input) ? input.filter(isJsonObject) : [];
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  const parts: readonly JsonValue[] = Array.isArray(value) ? value : [];
  return parts.flatMap((part) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
}
