import { realpath } from 'node:fs/promises';
import { AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RunRequest } from '../../ports/provider.ts';
import { refusedRequest } from './errors.ts';
import { readInstructionFile } from './instruction-file.ts';
import { JsonRpcRefusal } from './json-rpc-connection.ts';
import { fieldOf, objectField, textField } from './native-fields.ts';
import type { CheckedNative, CheckedOptions, CodexNative } from './options.ts';
import { sandboxMode, sandboxPolicyTypes } from './sandbox-mode.ts';
import type { CodexServer, ThreadListener } from './server.ts';
import { threadConfig } from './thread-config.ts';

/** The policy under which Codex asks before every command and patch. */
const approvalPolicy = 'untrusted';

export interface ThreadOpening {
  readonly provider: string;
  readonly options: CheckedOptions;
  readonly native: CheckedNative;
  readonly request: RunRequest<CodexNative>;
}

/** A conversation that is ready for a turn. */
export interface OpenThread {
  readonly id: string;
  readonly model: string | undefined;
}

/**
 * Begins, resumes or forks the conversation. Throws `resume_failed` when it can't go on as it was asked
 * for, and `agent_failed` when a fresh one would not ask before its tools.
 */
export async function openThread(
  server: CodexServer,
  opening: ThreadOpening,
  listener: ThreadListener,
  signal: AbortSignal,
): Promise<OpenThread> {
  const { request, options, provider } = opening;
  const model = request.model ?? options.model;
  const instructions = await addedInstructions(opening);
  const wanted = {
    cwd: request.cwd,
    approvalPolicy,
    approvalsReviewer: 'user',
    sandbox: sandboxMode(request.permissionMode),
    config: await threadConfig(options, opening.native, request),
    ...(model === undefined ? {} : { model }),
    ...(instructions === '' ? {} : { developerInstructions: instructions }),
  };
  const answer = await askFor(server, opening, wanted, listener, signal);
  const id = textField(objectField(answer, 'thread'), 'id');
  const difference = id === undefined ? 'no id' : await differenceOf(answer, { ...wanted, model });
  if (id === undefined || difference !== undefined) {
    throw new AsmError(
      request.resume === undefined ? 'agent_failed' : 'resume_failed',
      `Codex opened the conversation in another way than it was asked to: ${difference}.`,
      { provider: { provider, kind: 'settings_refused' } },
    );
  }
  return { id, model: textField(answer, 'model') };
}

async function askFor(
  server: CodexServer,
  { request, provider }: ThreadOpening,
  wanted: JsonObject,
  listener: ThreadListener,
  signal: AbortSignal,
): Promise<JsonObject> {
  const { resume, clientTools } = request;
  try {
    if (resume !== undefined) {
      const method = resume.fork ? 'thread/fork' : 'thread/resume';
      const params = { ...wanted, threadId: resume.handle.id, excludeTurns: true };
      return await server.openThread(method, params, listener, signal);
    }
    const dynamicTools = (clientTools ?? []).map(({ name, description, inputSchema }) => ({
      type: 'function',
      name,
      description,
      inputSchema,
    }));
    const tools = dynamicTools.length === 0 ? {} : { dynamicTools };
    return await server.openThread('thread/start', { ...wanted, ...tools }, listener, signal);
  } catch (thrown) {
    if (!(thrown instanceof JsonRpcRefusal)) throw thrown;
    throw resume === undefined
      ? refusedRequest('invalid_request', 'Codex did not begin a conversation.', provider, thrown)
      : refusedRequest('resume_failed', 'Codex could not continue the conversation.', provider, thrown);
  }
}

/** The system prompt of the request, and the instructions: the project's file unless told otherwise. */
async function addedInstructions({ options, native, request }: ThreadOpening): Promise<string> {
  const given = native.instructions ?? options.instructions;
  const texts =
    given === false
      ? []
      : // A trusted project's file is read by Codex itself.
        (given ?? (request.trustProject ? [] : [await readInstructionFile(request.cwd)]));
  return [request.systemPrompt, ...texts].filter((text) => text !== undefined && text !== '').join('\n\n');
}

/** What Codex did otherwise than asked, in words; it falls back silently. */
async function differenceOf(
  answer: JsonObject,
  wanted: {
    readonly cwd: string;
    readonly sandbox: keyof typeof sandboxPolicyTypes;
    readonly model: string | undefined;
  },
): Promise<string | undefined> {
  const sandbox = textField(fieldOf(answer, 'sandbox'), 'type');
  const pairs = [
    ['approval policy', textField(answer, 'approvalPolicy'), approvalPolicy],
    ['reviewer', textField(answer, 'approvalsReviewer'), 'user'],
    ['sandbox', sandbox, sandboxPolicyTypes[wanted.sandbox]],
    ['folder', await real(textField(answer, 'cwd') ?? ''), await real(wanted.cwd)],
    ...(wanted.model === undefined ? [] : [['model', textField(answer, 'model'), wanted.model]]),
  ];
  const different = pairs.find(([, is, should]) => is !== should);
  return different && `the ${different[0]} is ${different[1] ?? 'not known'}, not ${different[2]}`;
}

async function real(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}
