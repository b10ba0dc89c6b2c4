import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { EventStreamWriter } from './event-stream-writer.ts';
import { turnUsage, type ModelTurn } from './model-turn.ts';
import { openaiId, openaiItems, type OpenaiItem } from './openai-items.ts';
import type { WireFormat, WireRequest } from './wire-format.ts';

/** The header in which Codex names its conversation. */
const conversationHeader = 'thread-id';

/** The stop reasons of a turn that the service calls incomplete. */
const incompleteReasons: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

/** The OpenAI Responses API, as far as Codex uses it. */
export const openaiResponses: WireFormat = {
  name: 'openai_responses',
  route(request) {
    const { method, path, body } = request;
    if (method !== 'POST' || !path.endsWith('/v1/responses')) return undefined;
    if (!isJsonObject(body) || !Array.isArray(body['input'])) {
      const failure = { status: 400, message: 'The body has no list of input items.' };
      return { kind: 'fixed', status: 400, body: this.failure(failure) };
    }
    const conversation = request.headers[conversationHeader];
    return {
      kind: 'model',
      auxiliary: !Array.isArray(body['tools']) || body['tools'].length === 0,
      streamed: body['stream'] === true,
      ...(conversation === undefined ? {} : { conversation }),
    };
  },
  whole(turn, request) {
    return finished(turn, request, openaiId('resp'), openaiItems(turn));
  },
  async stream(turn, request, writer) {
    const id = openaiId('resp');
    const items = openaiItems(turn);
    const say = numbered(writer);
    await say('response.created', { response: response(request, id, 'in_progress', []) });
    for (const [index, item] of items.entries()) {
      if (!(await streamItem(item, index, turn, writer, say))) return;
    }
    if (turn.hang === true) return writer.hang();
    if (turn.errorEvent !== undefined) {
      const { type, message } = turn.errorEvent;
      const failed = { ...response(request, id, 'failed', []), error: { code: type, message } };
      await say('response.failed', { response: failed });
      return;
    }
    const reason = incompleteReasons.get(turn.stopReason ?? '');
    const name = reason === undefined ? 'response.completed' : 'response.incomplete';
    await say(name, { response: finished(turn, request, id, items) });
  },
  failure(failure) {
    const type = failure.type ?? errorTypes.get(failure.status) ?? 'server_error';
    const message = failure.message ?? `Scripted failure ${failure.status}.`;
    return { error: { message, type, code: type, param: null } };
  },
};

type Say = (name: string, fields: JsonObject) => Promise<boolean>;

function numbered(writer: EventStreamWriter): Say {
  let count = 0;
  return (name, fields) => writer.send(name, { type: name, sequence_number: count++, ...fields });
}

async function streamItem(
  item: OpenaiItem,
  index: number,
  turn: ModelTurn,
  writer: EventStreamWriter,
  say: Say,
): Promise<boolean> {
  await say('response.output_item.added', { output_index: index, item: item.opened });
  for (const { name, fields } of item.events) {
    if (!(await writer.pause(turn.chunkDelay ?? 0))) return false;
    await say(name, { output_index: index, ...fields });
  }
  // An answer that stays unfinished ends in the middle of its text.
  if (turn.hang === true && item.whole['type'] === 'message') return true;
  await say('response.output_item.done', { output_index: index, item: item.whole });
  return !writer.signal.aborted;
}

function response(
  request: WireRequest,
  id: string,
  status: string,
  output: readonly JsonValue[],
): JsonObject {
  const model = isJsonObject(request.body) ? request.body['model'] : undefined;
  return { id, object: 'response', status, model: model ?? 'scripted', output };
}

function finished(
  turn: ModelTurn,
  request: WireRequest,
  id: string,
  items: readonly OpenaiItem[],
): JsonObject {
  const reason = incompleteReasons.get(turn.stopReason ?? '');
  const output = items.map((item) => item.whole);
  return {
    ...response(request, id, reason === undefined ? 'completed' : 'incomplete', output),
    ...(reason === undefined ? {} : { incomplete_details: { reason } }),
    usage: usageFields(turn),
  };
}

/** The service counts cached tokens inside its input, and reasoning inside its output. */
function usageFields(turn: ModelTurn): JsonObject {
  const usage = turnUsage(turn);
  const input = usage.input + usage.cacheRead + usage.cacheWrite;
  const output = usage.output + usage.reasoning;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  };
}

const errorTypes: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'invalid_api_key'],
  [403, 'permission_denied'],
  [404, 'model_not_found'],
  [429, 'rate_limit_exceeded'],
]);
