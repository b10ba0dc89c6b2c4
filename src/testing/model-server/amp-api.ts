import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { WireRequest } from './wire-format.ts';

/** The service that Amp keeps its threads and accounts in. Its path holds no model calls. */
const internalPath = '/api/internal';

/**
 * Answers what Amp asks of its own service besides model calls: who the user is, and where threads are kept.
 * It keeps nothing; Amp then works with the threads on its own disk. `undefined`: not such a request.
 */
export function ampApiAnswer(
  request: WireRequest,
): { readonly status: number; readonly body: JsonValue } | undefined {
  const { method, path, body } = request;
  if (method === 'POST' && path === internalPath) {
    const called = isJsonObject(body) ? body['method'] : undefined;
    return { status: 200, body: internalAnswer(called) };
  }
  if (method === 'POST' && path === '/api/telemetry') return { status: 200, body: {} };
  if (method === 'GET' && path.startsWith('/api/threads/')) {
    return { status: 404, body: { error: 'There is no such thread.' } };
  }
  return undefined;
}

function internalAnswer(method: JsonValue | undefined): JsonObject {
  switch (method) {
    case 'getUserInfo':
      return { ok: true, result: { ...user, features: [], team: null } };
    case 'getThread':
      return { ok: false, error: { code: 'thread-not-found', message: 'There is no such thread.' } };
    default:
      return { ok: true, result: {} };
  }
}

const user: JsonObject = { id: 'user_scripted', username: 'scripted', email: 'scripted@example.invalid' };
