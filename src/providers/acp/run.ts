import { startBridge } from '../../bridge/bridge-server.ts';
import { abortError } from '../../domain/error.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { EarlyAgents } from '../../ports/early-agents.ts';
import type { AgentStart, ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { keepCompiled } from '../../process/node-compile-cache.ts';
import { startProcessGroup, type ProcessExit, type ProcessGroup } from '../../process/process-group.ts';
import type { AcpAgent } from './agent.ts';
import { bridgeHandlers } from './bridge-handlers.ts';
import { needsHook } from './claude-hook.ts';
import { connectAgent } from './connection.ts';
import { acpEnvironment } from './environment.ts';
import { textField } from '../../domain/json-field.ts';
import { requestError, type ProcessState } from './errors.ts';
import { endOpenCalls } from './normalize-call.ts';
import { createNormalizerState, type NormalizerState } from './normalizer-state.ts';
import { checkNative, type AcpNative, type CheckedNative } from './options.ts';
import { createPermissionGate } from './permission-gate.ts';
import { answerPermission } from './permission-request.ts';
import { requireAgent } from './program.ts';
import { promptText } from './prompt.ts';
import { createRunChannel } from './run-channel.ts';
import { concludeRun } from './run-conclusion.ts';
import { RunControl } from './run-control.ts';
import { loadSdk } from './sdk.ts';
import { refuseUnsupported, unsupported } from './session-request.ts';
import { startSession } from './session-start.ts';
import { createUsageMeter } from './usage-meter.ts';

/** Milliseconds between asking a program to end and killing it. */
const endGrace = 400;

/** Milliseconds that a program has to end by itself when its input is closed. */
const exitDeadline = 10_000;

/** Milliseconds that a program whose output ended has to show how it ended. */
const settleDeadline = 400;

/** Runs one attempt; see `Provider.run`. */
export async function* runAcp(
  agent: AcpAgent,
  early: EarlyAgents<ProcessGroup>,
  request: RunRequest<AcpNative>,
  host: RunHost,
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const prompt = promptText(request.messages);
  const native = checkNative(request.native);
  refuseUnsupported(agent, request);
  const wantedMode = modeName(agent, request, native);
  const environment = acpEnvironment(agent, request);
  const sdk = await loadSdk();
  await using resources = new AsyncDisposableStack();
  const started = resources.use((await early.take(request.runId, host.signal)) ?? null);
  if (host.signal.aborted) throw abortError(host.signal);
  const group = started ?? resources.use(await startAgent(agent, request));

  const stopping = new AbortController();
  const gate = createPermissionGate({
    authorize: (call, how) => host.authorize(call, how),
    stopping: stopping.signal,
    cwd: request.cwd,
  });
  const state = createRunState(agent, request, (id) => gate.isDenied(id));
  const channel = createRunChannel(agent, state);

  // The agent needs it once it has come up, which takes much longer.
  const hooked = agent.preset?.claudeHooks === true && needsHook(request, native, environment);
  await using bridge =
    hooked || (request.clientTools ?? []).length > 0
      ? await startBridge(bridgeHandlers({ state, gate, host, stopping: stopping.signal }), {
          cookie: request.cookie,
        })
      : undefined;
  let exit: ProcessExit | undefined;
  void group.exit.then((how) => (exit = how));
  const endAgent = (): void => void group.end({ grace: 0 }).catch(() => undefined);
  const control = new RunControl({ agent, host, state, stopping, endAgent });
  const connection = connectAgent(sdk, group, {
    onUpdate: (parameters) => channel.takeUpdate(parameters),
    onForeign: (raw) => channel.takeForeign(raw),
    onPermission: (parameters, signal) =>
      answerPermission(parameters, signal, {
        state,
        gate,
        emit: (events) => channel.emit(events),
        stopping: stopping.signal,
      }),
    ready: () => channel.ready(),
  });
  const processState = (): ProcessState => ({
    exit,
    stderr: group.stderrTail(),
    broken: connection.broken,
  });

  let result: JsonValue | undefined;
  let thrown: unknown;
  // Sent before anybody takes the start in, which is stored meanwhile; what the agent says to it comes after.
  const begin = (): void => {
    if (control.isStopped) return channel.end();
    channel.begin();
    control.begin(connection);
    connection
      .request('session/prompt', {
        sessionId: state.sessionId ?? '',
        prompt: [{ type: 'text', text: prompt }],
      })
      .then(
        (answer) => {
          result = answer;
          // It ends by itself then, which is when it has stored what it wants to keep.
          group.child.stdin.end();
        },
        (failed: unknown) => (thrown = failed),
      )
      .finally(() => channel.end());
  };
  try {
    try {
      const session = await startSession(agent, connection, request, { native, wantedMode, bridge, hooked });
      state.sessionId = session.handle;
      state.mode = session.nativePermissionMode;
      begin();
      yield { type: 'agent_started', data: { ...session, process: group.identity } };
    } catch (failed) {
      await settled(group.exit);
      if (host.signal.aborted) throw abortError(host.signal);
      throw requestError(agent, failed, processState());
    }

    yield* channel.events;
    control.end();
    if (thrown instanceof Error) state.texts.dropIfIn(thrown.message);
    yield* state.texts.close();
    yield* endOpenCalls(state);
    if (result !== undefined) {
      state.usage.takeResult(result);
      const { usage, ...figures } = state.usage.figures();
      if (usage !== undefined) yield { type: 'token_usage_updated', data: { usage, ...figures } };
      // What did not end well may be followed by another attempt, which must not meet this one.
      const endsWell = textField(result, 'stopReason') === 'end_turn' && !host.signal.aborted;
      if (endsWell && host.ending !== undefined && group.isAlone({ withChildren: true })) {
        host.ending(endLater(group, resources.move()));
      } else await within(group.exit, exitDeadline);
    } else await settled(group.exit);
    return concludeRun({
      agent,
      signal: host.signal,
      state,
      result,
      thrown,
      process: processState(),
      hasDenied: gate.hasDenied,
    });
  } finally {
    control.end();
    stopping.abort();
    channel.end();
    connection.close();
    // Also after its exit: what it drives may still be storing what the conversation cost.
    if (!resources.disposed) await group.end({ grace: endGrace });
  }
}

/** Waits until an agent whose input is closed has ended by itself, and ends what it has left. */
async function endLater(group: ProcessGroup, resources: AsyncDisposable): Promise<void> {
  await using _ended = resources;
  await within(group.exit, exitDeadline);
  await group.end({ grace: endGrace });
}

/** Starts the agent, which is told nothing yet. */
export async function startAgent(agent: AcpAgent, start: AgentStart): Promise<ProcessGroup> {
  const environment = acpEnvironment(agent, start);
  const program = await requireAgent(agent, { path: environment['PATH'] ?? '', cwd: start.cwd });
  return await startProcessGroup(keepCompiled({ ...program, cwd: start.cwd, environment }));
}

/** The agent's own name of the mode that a run asks for. */
function modeName(agent: AcpAgent, request: RunRequest, native: CheckedNative): string | undefined {
  if (native.mode !== undefined) return native.mode;
  const names = agent.preset?.modes?.names;
  const name = names?.[request.permissionMode];
  if (name === undefined && (names !== undefined || request.permissionMode !== 'default'))
    throw unsupported(agent, `the permission mode ${request.permissionMode}`);
  return name;
}

function createRunState(
  agent: AcpAgent,
  request: RunRequest,
  isDenied: (id: string) => boolean,
): NormalizerState {
  const perConversation = agent.preset?.costPerConversation === true;
  const { resume } = request;
  const before =
    resume === undefined || (resume.fork && perConversation)
      ? 'nothing'
      : (resume.handle.counters ?? 'unknown');
  return createNormalizerState({
    preset: agent.preset,
    clientTools: request.clientTools,
    usage: createUsageMeter({ perConversation, before }),
    isDenied,
  });
}

async function settled(exit: Promise<unknown>): Promise<void> {
  await within(exit, settleDeadline);
}

async function within(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
