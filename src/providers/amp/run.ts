import { writeAuthorizeScript } from '../../bridge/authorize-script.ts';
import { startBridge, type Bridge } from '../../bridge/bridge-server.ts';
import { withClientToolServer } from '../../bridge/helper-program.ts';
import { abortError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { keepCompiled } from '../../process/node-compile-cache.ts';
import { startProcessGroup, type ProcessExit, type ProcessGroup } from '../../process/process-group.ts';
import { commandLine } from './command-line.ts';
import { ampEnvironment } from './environment.ts';
import { readMessages } from './message-stream.ts';
import { textField } from '../../domain/json-field.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { checkNative, type AmpNative, type CheckedNative, type CheckedOptions } from './options.ts';
import { createPermissionDelegate } from './permission-delegate.ts';
import { requireAmp } from './program.ts';
import { promptText } from './prompt.ts';
import { concludeRun } from './run-conclusion.ts';
import { RunControl } from './run-control.ts';
import { createRunMessages } from './run-messages.ts';
import { refuseImpossible, refuseUngated } from './run-preconditions.ts';
import { readSettings, runSettings, writeSettings } from './settings.ts';
import { notSignedIn, signedIn } from './sign-in.ts';
import { readThreadEnd } from './thread-file.ts';
import { clientToolNames, refusedTools } from './tool-call.ts';

/** Milliseconds that Amp has to end after it closed its output. */
const exitGrace = 2_000;

/** Runs one attempt; see `Provider.run`. */
export async function* runAmp(
  options: CheckedOptions,
  request: RunRequest<AmpNative>,
  host: RunHost,
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const prompt = promptText(request.messages);
  const native = checkNative(request.native);
  refuseImpossible(request);
  const environment = ampEnvironment(request);
  const executable = native.executable ?? options.executable;
  const program = await requireAmp({ executable, path: environment['PATH'] ?? '', cwd: request.cwd });
  await refuseUngated(request, program, environment);
  const ownSettings = await readSettings(environment);
  if ((await signedIn(environment, ownSettings)) === 'no') throw notSignedIn();
  if (host.signal.aborted) throw abortError(host.signal);

  const state = createNormalizerState(clientToolNames(request.clientTools));
  const delegate = createPermissionDelegate({
    host,
    state,
    cwd: request.cwd,
    isStopping: () => host.signal.aborted || state.stopping,
  });
  await using bridge = await startBridge(
    { authorize: delegate.authorize, callTool: delegate.callTool, tools: request.clientTools ?? [] },
    { cookie: request.cookie },
  );
  const settingsFile = await makeSettings(bridge, request, native, ownSettings);
  const thread = request.resume?.handle.id;
  const { trustProject } = request;
  await using agent = await startProcessGroup(
    keepCompiled({
      ...commandLine({ program, options, native, settingsFile, thread, trustProject }),
      cwd: request.cwd,
      environment,
    }),
  );
  const control = new RunControl({
    host,
    agent,
    state,
    maxTurns: request.maxTurns,
    trustProject,
    readThreadEnd: (id) => readThreadEnd(environment, id),
  });
  const messages = createRunMessages({
    request,
    process: agent.identity,
    version: program.version,
    state,
    control,
    delegate,
  });
  const lines = readMessages(agent.child.stdout, messages);
  try {
    control.begin(prompt);
    for await (const events of lines) yield* events;
  } finally {
    control.end();
  }
  return concludeRun({
    signal: host.signal,
    control,
    state,
    exit: await exitOf(agent),
    stderr: agent.stderrTail(),
    thread: textField(control.init, 'session_id') ?? thread,
  });
}

/** Writes what Amp is told of this run into the bridge's private folder, with which it is removed. */
async function makeSettings(
  bridge: Bridge,
  request: RunRequest,
  native: CheckedNative,
  ownSettings: JsonObject,
): Promise<string> {
  const servers = request.mcpServers ?? {};
  const hasClientTools = (request.clientTools ?? []).length > 0;
  const helper = await writeAuthorizeScript(bridge);
  const mcpServers = hasClientTools ? withClientToolServer(servers, bridge) : servers;
  return await writeSettings(
    bridge.folder,
    runSettings({
      helper,
      mcpServers,
      native,
      ownSettings,
      refusedTools: refusedTools(request.toolPolicy)?.tools ?? [],
    }),
  );
}

/** How the program ended; `undefined` when it lives on. */
async function exitOf(agent: ProcessGroup): Promise<ProcessExit | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), exitGrace);
  });
  try {
    return await Promise.race([agent.exit, late]);
  } finally {
    clearTimeout(timer);
  }
}
