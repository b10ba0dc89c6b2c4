import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { anthropicBlocks, anthropicId } from './anthropic-blocks.ts';
import type { EventStreamWriter } from './event-stream-writer.ts';
import { turnUsage, type ModelTurn } from './model-turn.ts';
import type { WireFormat, WireRequest } from './wire-format.ts';

/** The header in which Claude Code names its conversation. */
const conversationHeader = 'x-claude-code-session-id';

/** Below this limit of output tokens a call is a check or a title, not the agent's work. */
const auxiliaryTokens = 100;

/** The Anthropic Messages API, as far as Claude Code uses it. */
export const anthropicMessages: WireFormat = {
  name: 'anthropic_messages',
  route(request) {
    const { method, path, body } = request;
    if (method === 'GET' && path.endsWith('/v1/models')) {
      return {
        kind: 'fixed',
        status: 200,
        body: { data: [], has_more: false, first_id: null, last_id: null },
      };
    }
    if (method !== 'POST') return undefined;
    if (path.endsWith('/v1/messages/count_tokens')) {
      return { kind: 'fixed', status: 200, body: { input_tokens: countTokens(body) } };
    }
    if (!path.endsWith('/v1/messages')) return undefined;
    if (!isJsonObject(body) || !Array.isArray(body['messages'])) {
      const failure = {
        status: 400,
        type: 'invalid_request_error',
        message: 'The body has no list of messages.',
      };
      return { kind: 'fixed', status: 400, body: this.failure(failure) };
    }
    const conversation = request.headers[conversationHeader];
    return {
      kind: 'model',
      auxiliary: isAuxiliary(body),
      streamed: body['stream'] === true,
      ...(conversation === undefined ? {} : { conversation }),
    };
  },
  whole(turn, request) {
    const usage = turnUsage(turn);
    return {
      ...emptyMessage(turn, request),
      content: anthropicBlocks(turn).map((block) => block.whole),
      stop_reason: stopReason(turn),
      usage: { ...inputUsage(turn), output_tokens: usage.output },
    };
  },
  async stream(turn, request, writer) {
    await writer.send('message_start', { type: 'message_start', message: emptyMessage(turn, request) });
    await writer.send('ping', { type: 'ping' });
    if (!(await streamBlocks(turn, writer))) return;
    if (turn.hang === true) return writer.hang();
    if (turn.errorEvent !== undefined) {
      const { type, message } = turn.errorEvent;
      await writer.send('error', { type: 'error', error: { type, message } });
      return;
    }
    await writer.send('message_delta', {
      type: 'message_delta',
      delta: { stop_reason: stopReason(turn), stop_sequence: null },
      usage: { output_tokens: turnUsage(turn).output },
    });
    await writer.send('message_stop', { type: 'message_stop' });
  },
  failure(failure) {
    return {
      type: 'error',
      error: {
        type: failure.type ?? errorType(failure.status),
        message: failure.message ?? `Scripted failure ${failure.status}.`,
      },
      request_id: anthropicId('req'),
    };
  },
};

async function streamBlocks(turn: ModelTurn, writer: EventStreamWriter): Promise<boolean> {
  for (const [index, block] of anthropicBlocks(turn).entries()) {
    await writer.send('content_block_start', {
      type: 'content_block_start',
      index,
      content_block: block.opened,
    });
    for (const delta of block.deltas) {
      if (!(await writer.pause(turn.chunkDelay ?? 0))) return false;
      await writer.send('content_block_delta', { type: 'content_block_delta', index, delta });
    }
    await writer.send('content_block_stop', { type: 'content_block_stop', index });
  }
  return !writer.signal.aborted;
}

function isAuxiliary(body: JsonObject): boolean {
  const { tools, max_tokens: limit } = body;
  if (!Array.isArray(tools) || tools.length === 0) return true;
  return typeof limit === 'number' && limit <= auxiliaryTokens;
}

/** A rough figure, four characters a token: callers need a number, not the truth. */
function countTokens(body: JsonValue | undefined): number {
  return Math.ceil((JSON.stringify(body) ?? '').length / 4);
}

function emptyMessage(turn: ModelTurn, request: WireRequest): JsonObject {
  const model = isJsonObject(request.body) ? request.body['model'] : undefined;
  return {
    id: anthropicId('msg'),
    type: 'message',
    role: 'assistant',
    model: model ?? 'scripted',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...inputUsage(turn), output_tokens: 1 },
  };
}

function inputUsage(turn: ModelTurn): JsonObject {
  const usage = turnUsage(turn);
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite + usage.longCacheWrite,
    ...(usage.longCacheWrite === 0
      ? {}
      : {
          cache_creation: {
            ephemeral_5m_input_tokens: usage.cacheWrite,
            ephemeral_1h_input_tokens: usage.longCacheWrite,
          },
        }),
    cache_read_input_tokens: usage.cacheRead,
  };
}

function stopReason(turn: ModelTurn): string {
  return turn.stopReason ?? (turn.tools === undefined || turn.tools.length === 0 ? 'end_turn' : 'tool_use');
}

const errorTypes: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
]);

function errorType(status: number): string {
  return errorTypes.get(status) ?? 'api_error';
}
