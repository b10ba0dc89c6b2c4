import { orAborted } from '../../domain/abort.ts';
import { abortError } from '../../domain/error.ts';
import type { ToolKind } from '../../domain/tool.ts';
import type { ProviderEvent, RunHost, RunOutcome, RunRequest } from '../../ports/provider.ts';
import { endAbandonedProcesses } from '../../process/abandoned-process.ts';
import { codexEnvironment, sharedEnvironment } from './environment.ts';
import { endOpenCalls } from './normalize-tool-result.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { checkNative, type CheckedNative, type CheckedOptions, type CodexNative } from './options.ts';
import { requireCodex } from './program.ts';
import { turnInput } from './prompt.ts';
import { concludeRun } from './run-conclusion.ts';
import { RunControl } from './run-control.ts';
import { sandboxMode } from './sandbox-mode.ts';
import { CodexServer, type ServerStart } from './server.ts';
import type { ServerLease, ServerPool } from './server-pool.ts';
import { openThread } from './thread-opening.ts';

/** Milliseconds that the commands of a run have to end when it is over. */
const commandGrace = 400;

export interface RunContext {
  readonly name: string;
  readonly options: CheckedOptions;
  /** The servers that runs share; absent: each run has its own. */
  readonly pool: ServerPool | undefined;
}

/** Runs one attempt; see `Provider.run`. */
export async function* runCodex(
  context: RunContext,
  request: RunRequest<CodexNative>,
  host: RunHost,
): AsyncGenerator<ProviderEvent, RunOutcome, void> {
  const input = turnInput(request.messages);
  const native = checkNative(request.native);
  const lease = await leaseServer(context, native, request, host.signal);
  const { server } = lease;
  const clientTools = request.clientTools ?? [];
  const state = createNormalizerState({
    clientTools: new Map(
      clientTools.map((tool): [string, ToolKind] => [tool.name, tool.readOnly ? 'read' : 'client']),
    ),
  });
  const control = new RunControl({ provider: context.name, host, server, state, clientTools });
  let settled = false;
  try {
    const opening = { provider: context.name, options: context.options, native, request };
    const thread = await orAborted(openThread(server, opening, control, host.signal), host.signal);
    state.thread = thread.id;
    state.model = thread.model;
    yield {
      type: 'agent_started',
      data: {
        ...(server.version === undefined ? {} : { version: server.version }),
        ...(thread.model === undefined ? {} : { model: thread.model }),
        handle: thread.id,
        continuity: request.resume === undefined ? 'fresh' : 'native',
        // A server that runs share must not be ended for one of them.
        ...(context.pool === undefined ? { process: server.group.identity } : {}),
        nativePermissionMode: `untrusted, ${sandboxMode(request.permissionMode)}`,
        projectTrusted: request.trustProject,
      },
    };
    control.begin({
      threadId: thread.id,
      input,
      ...(request.outputSchema === undefined ? {} : { outputSchema: request.outputSchema }),
      ...(native.reasoningEffort === undefined ? {} : { effort: native.reasoningEffort }),
      ...(native.reasoningSummary === undefined ? {} : { summary: native.reasoningSummary }),
    });
    yield* control.events;
    settled = true;
  } finally {
    const { broken } = await control.end();
    if (context.pool !== undefined) {
      if (!broken) await control.leave();
      // Codex stops commands without waiting for their end. Each has a session of its own and the run's cookie.
      const left = { cookie: request.cookie, grace: commandGrace };
      await endAbandonedProcesses(left).catch(() => undefined);
    }
    // A server of one run has nothing to lose when that run is given up.
    await lease.release({ broken: broken || (context.pool === undefined && !settled) });
  }
  yield* endOpenCalls(state);
  return concludeRun({ provider: context.name, signal: host.signal, failure: control.failure, state });
}

async function leaseServer(
  { name, options, pool }: RunContext,
  native: CheckedNative,
  request: RunRequest,
  signal: AbortSignal,
): Promise<ServerLease> {
  const environment = pool === undefined ? codexEnvironment(request) : sharedEnvironment(request);
  const executable = native.executable ?? options.executable;
  const search = { executable, path: environment['PATH'] ?? '', cwd: request.cwd };
  const program = await requireCodex(name, search);
  if (signal.aborted) throw abortError(signal);
  const start: ServerStart = { provider: name, program, cwd: request.cwd, environment };
  if (pool !== undefined) return await pool.lease({ ...start, cwd: '/' }, signal);
  const server = await CodexServer.start(start, signal);
  return {
    server,
    release: ({ broken }) => (broken ? server.kill() : server.end()),
  };
}
