import { AsmError, isAsmError } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { RunRequest } from '../../ports/provider.ts';
import type { AppServer } from './app-server.ts';
import { resumeError } from './errors.ts';
import type { MessageInbox } from './message-inbox.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { ClientMethod } from './protocol.ts';
import { settingsMismatch } from './thread-settings.ts';

/** A conversation that is open for a turn. */
export interface Conversation {
  readonly id: string;
  readonly model: string | undefined;
}

/**
 * Opens the conversation of a run: a new one, one that goes on, or a branch. What the server says of it
 * goes to the inbox. Rejects with `resume_failed` when it can't go on exactly as it was asked for.
 */
export async function openConversation(
  server: AppServer,
  inbox: MessageInbox,
  request: RunRequest,
  settings: JsonObject,
): Promise<Conversation> {
  const { resume } = request;
  const attach = (answer: JsonValue): void => {
    const id = textField(fieldOf(answer, 'thread'), 'id');
    if (id !== undefined) server.attach(id, inbox);
  };
  const ask = async (method: ClientMethod, parameters: JsonObject): Promise<JsonValue> => {
    try {
      return await server.rpc.request(method, parameters, attach);
    } catch (thrown) {
      if (isAsmError(thrown)) throw thrown;
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      if (resume !== undefined) throw resumeError(why, thrown);
      throw new AsmError('invalid_request', `Codex refused to open a conversation: ${why.slice(0, 2_000)}`, {
        cause: thrown,
        provider: { provider: 'codex', kind: 'thread_start' },
      });
    }
  };
  const answer =
    resume === undefined
      ? await ask('thread/start', { ...settings, ...clientTools(request) })
      : await ask(resume.fork ? 'thread/fork' : 'thread/resume', {
          ...settings,
          threadId: resume.handle.id,
          excludeTurns: true,
        });
  const id = textField(fieldOf(answer, 'thread'), 'id');
  const mismatch = id === undefined ? 'it has no id.' : settingsMismatch(answer, settings, request);
  if (id === undefined || mismatch !== undefined) {
    if (resume !== undefined) throw resumeError(mismatch ?? '');
    throw new AsmError(
      'agent_failed',
      `Codex did not open the conversation as it was asked to: ${mismatch}`,
      {
        provider: { provider: 'codex', kind: 'settings_mismatch' },
      },
    );
  }
  if (resume !== undefined && (id === resume.handle.id) === resume.fork)
    throw resumeError('another conversation than the one that was asked for was opened.');
  return { id, model: textField(answer, 'model') };
}

/** The functions of the caller, as tools of Codex's own. */
function clientTools({ clientTools: tools = [] }: RunRequest): JsonObject {
  if (tools.length === 0) return {};
  return {
    dynamicTools: tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      name,
      description,
      inputSchema,
    })),
  };
}
