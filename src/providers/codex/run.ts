import { orAborted } from '../../domain/abort.ts';
import { abortError, AsmError, isAsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { EarlyAgents } from '../../ports/early-agents.ts';
import type { AgentStart, ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { assertWorkingFolder } from '../../process/working-folder.ts';
import type { AppServer } from './app-server.ts';
import { createApprovals, type Approvals } from './approvals.ts';
import { openConversation } from './conversation.ts';
import { codexEnvironment } from './environment.ts';
import { createForeignOutput } from './foreign-output.ts';
import { readInstructionFile } from './instruction-file.ts';
import { digest, renewInstructions } from './instruction-renewal.ts';
import type { ServerMessage } from './json-rpc.ts';
import { createMessageInbox } from './message-inbox.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import { normalize } from './normalize.ts';
import { endOpenCalls } from './normalize-item.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';
import { refuseOwnRules } from './own-rules.ts';
import type { OwnConfiguration } from './configuration-answer.ts';
import type { OwnConfigurations } from './own-configuration.ts';
import { checkNative, type CheckedNative, type CheckedOptions, type CodexNative } from './options.ts';
import { requireCodex } from './program.ts';
import { promptText } from './prompt.ts';
import { notifications } from './protocol.ts';
import { createResourceGate } from './resource-gate.ts';
import { startRunBridge, type RunBridge } from './run-bridge.ts';
import { concludeRun, retryFailure } from './run-conclusion.ts';
import { defaultRetryWait, RetryWait } from './retry-wait.ts';
import { RunControl, textInput } from './run-control.ts';
import { leaveServer, putAway } from './server-leave.ts';
import type { ServerLease, ServerSource } from './server-lease.ts';
import { refusedTools, sandboxOf, threadSettings } from './thread-settings.ts';

/** What the runs of a provider have in common. */
export interface CodexParts {
  readonly options: CheckedOptions;
  readonly servers: ServerSource;
  readonly ownConfigurations: OwnConfigurations;
  readonly early: EarlyAgents<ServerLease>;
}

/** Runs one attempt; see `Provider.run`. */
export async function* runCodex(
  { options, servers, ownConfigurations, early }: CodexParts,
  request: RunRequest<CodexNative>,
  host: RunHost,
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const prompt = promptText(request.messages);
  const native = checkNative(request.native);
  const environment = codexEnvironment(request);
  // Looked at while the program starts, which does nothing before a conversation is opened.
  const checks = checkPlace(options, native, request, environment);
  checks.catch(() => undefined);
  if (host.signal.aborted) throw abortError(host.signal);
  const model = request.model ?? options.model ?? modelOfBranch(request);
  const state = createNormalizerState(new Map(request.clientTools?.map((tool) => [tool.name, tool])));
  const mcpServers = Object.keys(request.mcpServers ?? {});
  const resourceGate = createResourceGate({ host, state, servers: mcpServers });
  await using bridge = await startRunBridge(request, host, resourceGate);
  const lease =
    (await early.take(request.runId, host.signal)) ??
    (await leaseServer({ options, servers, ownConfigurations }, request, host.signal));
  const { server } = lease;
  const inbox = createMessageInbox();
  const isShared = lease.use === 'shared';
  if (!isShared) server.lobby.add(inbox);
  const control = new RunControl({ host, server, inbox, state, shared: isShared });
  const approvals = createRunApprovals({ host, state, server, control, bridge });

  const foreign = createForeignOutput();
  const retryWait = new RetryWait({
    milliseconds: options.retryWait ?? defaultRetryWait,
    failure: () => retryFailure(state),
    giveUp: (failure) => inbox.fail(failure),
  });
  let own: OwnConfiguration | undefined;
  let thrown: unknown;
  try {
    const appendedPrompt = await checks;
    own = await orAborted(ownConfigurations.of(server, environment), host.signal);
    const settings = await threadSettings({
      request,
      native,
      model,
      appendedPrompt,
      own,
      bridge,
    });
    const opened = openConversation(server, inbox, request, settings);
    // One that comes too late for its run is put away again.
    opened.then(({ id }) => (host.signal.aborted ? putAway(server, id) : undefined)).catch(() => undefined);
    const conversation = await orAborted(opened, host.signal);
    state.threadId = conversation.id;
    state.model = conversation.model;
    state.instructions = digest(appendedPrompt);
    await renewInstructions(server, request, conversation.id, appendedPrompt);
    // Codex prepares its turn while the start is stored; what it says or asks waits until that is done.
    const begun = startTurn(server, request, state, prompt);
    begun.catch(() => undefined);
    yield agentStarted(request, lease, state);
    await begun;
    while (state.ended === undefined) {
      const item = await inbox.take();
      const events = 'raw' in item ? foreign.take(item.raw) : eventsOf(item, state, approvals, control);
      retryWait.see(events);
      // It puts its things away while the last events are stored.
      if (state.ended !== undefined && lease.use === 'run') server.dismiss();
      // Not `yield*`, which takes three promises for each.
      for (const event of events) yield event;
    }
  } catch (caught) {
    thrown = caught;
  } finally {
    retryWait.end();
    control.end();
    approvals.end();
    inbox.close();
    server.lobby.delete(inbox);
    await leaveServer({
      lease,
      threadId: state.threadId,
      cookie: request.cookie,
      ending: host.ending === undefined ? undefined : (end) => host.ending?.(end),
      well: thrown === undefined && !host.signal.aborted && endedWell(state),
      stopTurn: async () => (state.ended === undefined ? await control.stopTurn() : undefined),
    });
  }
  yield* endOpenCalls(state);
  yield* foreign.end();
  return concludeRun({
    signal: host.signal,
    state,
    thrown,
    stderr: server.group.stderrTail(),
    wantsForm: request.outputSchema !== undefined,
    keyVariables: own?.keyVariables ?? [],
  });
}

function eventsOf(
  item: ServerMessage,
  state: NormalizerState,
  approvals: Approvals,
  control: RunControl,
): readonly ProviderEvent[] {
  const { id, method, params } = item;
  if (id !== undefined) return approvals.take({ id, method, params });
  if (method === notifications.turnStarted && textField(fieldOf(params, 'turn'), 'id') === state.turnId)
    control.begin();
  const resolved = method === notifications.requestResolved ? fieldOf(params, 'requestId') : undefined;
  if (typeof resolved === 'string' || typeof resolved === 'number') approvals.withdraw(resolved);
  return normalize({ method, params }, state);
}

function createRunApprovals(parts: {
  readonly host: RunHost;
  readonly state: NormalizerState;
  readonly server: AppServer;
  readonly control: RunControl;
  readonly bridge: RunBridge | undefined;
}): Approvals {
  const { host, state, server, control, bridge } = parts;
  return createApprovals({
    host,
    state,
    answer: (id, result) => server.rpc.answer(id, result),
    refuse: (id, message) => server.rpc.refuse(id, message),
    tell: (text) => control.tell(text),
    allowed: (tool, input, changedInput) => bridge?.allow(tool, input, changedInput),
  });
}

export async function leaseServer(
  { options, servers, ownConfigurations }: Omit<CodexParts, 'early'>,
  request: AgentStart,
  signal: AbortSignal,
): Promise<ServerLease> {
  const environment = codexEnvironment(request);
  const search = { executable: options.executable, path: environment['PATH'] ?? '', cwd: request.cwd };
  const program = await requireCodex(search);
  const isKnown = ownConfigurations.isKnown(program, environment);
  return await servers.lease({ program, environment, isKnown }, request, signal);
}

/** A server whose turn failed may be the reason for it: the next run gets another one. */
function endedWell({ ended }: NormalizerState): boolean {
  const status = textField(ended, 'status');
  return status === 'completed' || status === 'interrupted';
}

function agentStarted(
  request: RunRequest,
  { server, use, mark }: ServerLease,
  state: NormalizerState,
): ProviderEvent {
  const refused = refusedTools(request);
  return {
    type: 'agent_started',
    data: {
      ...(server.version === undefined ? {} : { version: server.version }),
      ...(state.model === undefined ? {} : { model: state.model }),
      ...(state.threadId === undefined ? {} : { handle: state.threadId }),
      continuity: request.resume === undefined ? 'fresh' : 'native',
      // A server of several runs is not to be ended for one of them.
      ...(use === 'shared'
        ? {}
        : { process: { ...server.group.identity, ...(mark === undefined ? {} : { mark }) } }),
      nativePermissionMode: sandboxOf(request),
      ...(refused === undefined ? {} : { refusedTools: refused }),
      projectTrusted: request.trustProject,
    },
  };
}

async function startTurn(
  server: AppServer,
  request: RunRequest,
  state: NormalizerState,
  prompt: string,
): Promise<void> {
  const parameters: JsonObject = {
    threadId: state.threadId ?? '',
    input: textInput(prompt),
    ...(request.outputSchema === undefined ? {} : { outputSchema: request.outputSchema }),
  };
  try {
    await server.rpc.request('turn/start', parameters, (answer) => {
      state.turnId = textField(fieldOf(answer, 'turn'), 'id');
    });
  } catch (thrown) {
    if (isAsmError(thrown)) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AsmError('invalid_request', `Codex refused the prompt: ${why.slice(0, 2_000)}`, {
      cause: thrown,
      provider: { provider: 'codex', kind: 'turn_start' },
    });
  }
}

/** A branch would take the model of Codex's configuration, not that of the conversation. */
function modelOfBranch({ resume }: RunRequest): string | undefined {
  return resume?.fork === true ? textField(resume.handle.counters, 'model') : undefined;
}

/** Refuses a folder that isn't there and rules that would bypass the gate; gives what is added to Codex' prompt. */
async function checkPlace(
  options: CheckedOptions,
  native: CheckedNative,
  request: RunRequest,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  assertWorkingFolder(request.cwd);
  if (options.ownRules !== true) await refuseOwnRules(environment);
  return await promptAddition(options, native, request);
}

/** The system prompt of the request, and the instructions: the project's file unless told otherwise. */
async function promptAddition(
  options: CheckedOptions,
  native: CheckedNative,
  request: RunRequest,
): Promise<string> {
  const instructions = native.instructions ?? options.instructions;
  const texts =
    instructions === false
      ? []
      : // A trusted project's file is read by Codex itself.
        (instructions ?? (request.trustProject ? [] : [await readInstructionFile(request.cwd)]));
  return [request.systemPrompt, ...texts].filter((text) => text !== undefined && text !== '').join('\n\n');
}
