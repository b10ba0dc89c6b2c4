import { countCutAnswers } from './answer-completion.ts';
import { randomUUID } from 'node:crypto';
import { startClientToolBridge } from '../../bridge/client-tool-bridge.ts';
import { abortError } from '../../domain/error.ts';
import { calledClientTool } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { claudeEnvironment } from './environment.ts';
import { createForeignOutput } from './foreign-output.ts';
import { createInputQueue } from './input-queue.ts';
import { readInstructionFile } from './instruction-file.ts';
import { readMessages } from './message-reader.ts';
import { normalize } from './normalize.ts';
import { isLoneCall } from './lone-call.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { checkNative, type CheckedNative, type CheckedOptions, type ClaudeNative } from './options.ts';
import { createOutputValve } from './output-valve.ts';
import { createPermissionHook } from './permission-hook.ts';
import { createClaudeProcess, type ClaudeProcess } from './process.ts';
import { requireClaude } from './program.ts';
import { promptText } from './prompt.ts';
import { RunControl } from './run-control.ts';
import { concludeRun } from './run-conclusion.ts';
import { nativePermissionMode, sdkOptions } from './sdk-options.ts';
import { loadSdk } from './sdk.ts';
import { clientToolNames, refusedTools } from './tool-call.ts';
import { SubagentRegistry } from './subagent-registry.ts';
import { untilTold } from './told-call.ts';
import { createUsageMeter, type UsageBase } from './usage-meter.ts';

/** Runs one attempt; see `Provider.run`. */
export async function* runClaude(
  options: CheckedOptions,
  request: RunRequest<ClaudeNative>,
  host: RunHost,
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const parkedCall = request.resume?.parkedCall;
  // Resumed for a parked call, the agent goes on by itself.
  const prompt = parkedCall === undefined ? promptText(request.messages) : undefined;
  const native = checkNative(request.native);
  const environment = claudeEnvironment(request);
  const sdk = await loadSdk();
  const executable = native.executable ?? options.executable;
  const program = await requireClaude({ executable, path: environment['PATH'] ?? '', cwd: request.cwd });
  const appendedPrompt = await promptAddition(options, native, request);
  if (host.signal.aborted) throw abortError(host.signal);

  const model = request.model ?? options.model;
  const conversation = conversationId(request);
  const clientTools = clientToolNames(request.clientTools);
  const refused = refusedTools(request.toolPolicy);
  const foreign = createForeignOutput();
  let broken: string | undefined;
  const input = createInputQueue();
  const subagents = new SubagentRegistry();
  // Ended after the agent, which is declared later.
  await using bridge = await startClientToolBridge(request, host);
  const giveUp = (why: string): void => {
    broken ??= why;
    void agent.end().catch(() => undefined);
  };
  const valve = createOutputValve();
  await using agent = createClaudeProcess({
    valve,
    onForeign: (line) => foreign.add(line),
    onTooLong: () => giveUp('a line of more than 64 MiB'),
    // After a result the program only has to end, for which it has its own time.
    onOutputClosed: () => {
      if (control.result === undefined) giveUp('it closed its output');
    },
  });
  const permissions = createPermissionHook({
    async authorize(call, how) {
      // Its message came in the run before.
      if (call.id === parkedCall) state.calls.add({ ...call, parentToolCallId: undefined });
      await untilTold(call.id, state.calls, how.signal);
      const authorization = await host.authorize(call, how);
      const clientTool = calledClientTool(call);
      if (clientTool !== undefined && authorization.decision === 'allow')
        bridge?.allow(clientTool, authorization.changedInput ?? call.input);
      return authorization;
    },
    clientTools,
    isAlone: (toolCallId) => isLoneCall(toolCallId, state) && !control.hasUnheard,
    lineageOf: (agentId, agentType) => subagents.lineageOf(agentId, agentType),
    stopping: host.signal,
  });
  const usage = createUsageMeter(usageBase(request));
  const state = createNormalizerState({
    usage,
    isDenied: (id) => permissions.isDenied(id),
    subagents,
    clientTools,
  });
  const query = sdk.query({
    prompt: input,
    options: sdkOptions({
      request,
      native,
      model,
      program,
      environment,
      appendedPrompt,
      conversation,
      permissions,
      agent,
      bridge,
    }),
  });
  const control = new RunControl({ host, query, input, agent, permissions, state });

  let thrown: unknown;
  try {
    const messages = query[Symbol.asyncIterator]();
    const first = messages.next();
    first.catch(() => undefined);
    // The SDK may refuse before it starts anything; then there is no process to wait for.
    const started = await Promise.race([agent.started, first.then(() => agent.started)]);
    yield {
      type: 'agent_started',
      data: {
        ...(model === undefined && environment['ANTHROPIC_MODEL'] === undefined
          ? {}
          : { model: model ?? environment['ANTHROPIC_MODEL'] ?? '' }),
        handle: conversation,
        continuity: request.resume === undefined ? 'fresh' : 'native',
        process: started.identity,
        nativePermissionMode: nativePermissionMode(request.permissionMode),
        projectTrusted: request.trustProject,
        ...(refused === undefined ? {} : { refusedTools: refused }),
      },
    };
    control.begin(prompt);
    for await (const message of readMessages(messages, valve, first)) {
      yield* foreign.take();
      if (!isJsonObject(message)) continue;
      const events = normalize(message, state);
      control.see(message);
      yield* events;
      if (control.isOver) break;
    }
  } catch (caught) {
    thrown = caught;
  } finally {
    control.end();
    query.close();
  }
  yield* foreign.end();
  await settle(agent, control.result);
  if (countCutAnswers(state)) yield { type: 'token_usage_updated', data: usage.figures() };
  return concludeRun({
    signal: host.signal,
    result: control.result,
    begun: control.begun,
    interrupted: state.interrupted,
    thrown,
    broken,
    exit: control.inputClosedByUs ? undefined : agent.exit,
    stderr: agent.stderrTail(),
    state,
    resumed: request.resume?.handle.id,
    conversation,
    parked: permissions.parked,
    wantsForm: request.outputSchema !== undefined,
  });
}

/** Before the group is ended by us, the program gets a moment to tell how it ended by itself. */
async function settle(agent: ClaudeProcess, result: JsonObject | undefined): Promise<void> {
  if (result === undefined) {
    const group = await Promise.race([agent.started.catch(() => undefined), pause(0)]);
    if (group !== undefined) await Promise.race([group.exit, pause(300)]);
  }
}

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));
}

/** The id of the conversation is known before the program starts: ours, or the one that goes on. */
function conversationId(request: RunRequest): string {
  return request.resume === undefined || request.resume.fork ? randomUUID() : request.resume.handle.id;
}

function usageBase(request: RunRequest): UsageBase {
  return request.resume === undefined ? 'nothing' : (request.resume.handle.counters ?? 'unknown');
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
      : // A trusted project's file is read by Claude Code itself.
        (instructions ?? (request.trustProject ? [] : [await readInstructionFile(request.cwd)]));
  return [request.systemPrompt, ...texts].filter((text) => text !== undefined && text !== '').join('\n\n');
}
