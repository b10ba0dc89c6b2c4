import { access } from 'node:fs/promises';
import { abortError, AsmError, hasErrorCode } from '../../domain/error.ts';
import type { ToolResultData } from '../../domain/event-data.ts';
import { inputText } from '../../domain/message.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type {
  AgentEnvironment,
  Provider,
  ProviderEvent,
  RunHost,
  RunOutcome,
  RunRequest,
} from '../../ports/provider.ts';
import { agentEnvironment } from '../../process/agent-environment.ts';
import { startProcessGroup } from '../../process/process-group.ts';
import { shellCapabilities } from './capabilities.ts';
import { followCommand, type CommandEnd } from './command-execution.ts';
import { deniedError, exitError, timeoutError } from './errors.ts';
import { changeInvocation, invocationOf, toolCallOf, type Invocation } from './invocation.ts';
import {
  checkShellNative,
  checkShellOptions,
  commandLimits,
  type ShellNative,
  type ShellOptions,
} from './options.ts';

/**
 * Commands as a provider: one run is one command. The gate is asked before it starts; its whole process
 * group is ended when it ends, is cancelled, interrupted, or reaches its time limit. An exit code that is
 * not listed as success fails the run with `command_failed`. Throws `unknown_option` or `invalid_input`
 * for options that are not right.
 */
export function shell(options: ShellOptions = {}): Provider<ShellNative> {
  checkShellOptions(options);
  const name = options.name ?? 'shell';
  const program = options.shell ?? '/bin/sh';
  return {
    name,
    capabilities: shellCapabilities,
    async describe() {
      const installed = await access(program).then(
        () => true,
        () => false,
      );
      const advice = installed ? {} : { advice: `There is no shell at ${program}.` };
      return {
        name,
        agent: { installed, path: program, ...advice },
        signedIn: 'unknown',
        capabilities: shellCapabilities,
      };
    },
    checkNative: checkShellNative,
    async *run(request, host): AsyncGenerator<ProviderEvent, RunOutcome, void> {
      const native = request.native ?? {};
      checkShellNative(native);
      refuseUnsupported(request);
      const limits = commandLimits(options, native);
      const wanted = invocationOf(inputText(request.messages), native, program);
      const call = toolCallOf(`${request.runId}-${request.attempt}`, wanted, request.cwd);
      const signals = { cancel: host.signal, interrupt: interruptSignal(host) };
      const invocation = await authorized(call, wanted, host, signals.interrupt);
      if (invocation === undefined) {
        // A turn that was interrupted is one that had begun.
        yield { type: 'agent_started', data: { continuity: 'fresh' } };
        return { status: 'interrupted' };
      }
      await using group = await startProcessGroup({
        command: invocation.program,
        arguments: invocation.arguments,
        cwd: request.cwd,
        environment: agentEnvironment([], joinEnvironments(options.environment, request.environment), {
          ASM_RUN_ID: request.runId,
          ASM_RUN_COOKIE: request.cookie,
        }),
        standardInput: 'ignore',
        stderrTail: 0,
        notFoundCode: 'command_not_found',
      });
      const execution = followCommand(group, call.id, limits, signals);
      try {
        yield { type: 'agent_started', data: { continuity: 'fresh', process: group.identity } };
        yield startOf(call);
        yield* execution.events;
      } finally {
        await group.end({ grace: limits.grace });
      }
      const end = await execution.end;
      const result = resultData(call, end);
      const succeeded = end.by === 'itself' && limits.successExitCodes.includes(end.exit.exitCode ?? -1);
      if (!succeeded) {
        yield {
          type: 'tool_call_failed',
          data: { ...result, reason: end.by === 'itself' ? 'error' : 'interrupted' },
        };
        if (end.by === 'interrupt') return { status: 'interrupted', output: end.stdout.text };
        if (end.by === 'cancel') throw abortError(host.signal);
        if (end.by === 'timeout') throw timeoutError(name, limits.timeout ?? 0, end.stderrTail);
        throw exitError(name, end.exit, end.stderrTail);
      }
      yield { type: 'tool_call_completed', data: result };
      yield { type: 'message_received', data: { messageId: call.id, role: 'tool', text: end.stdout.text } };
      return {
        status: 'completed',
        output: end.stdout.text,
        stopReason: `exit_code_${end.exit.exitCode ?? 0}`,
      };
    },
  };
}

/** Aborted by the first interrupt; the host's interrupts have one reader, which this is. */
function interruptSignal(host: RunHost): AbortSignal {
  const controller = new AbortController();
  const read = async (): Promise<void> => {
    for await (const _ of host.interrupts) controller.abort();
  };
  read().catch(() => {});
  return controller.signal;
}

/** Asks the gate; gives what may run, or `undefined` when the turn was interrupted while the question was open. */
async function authorized(
  call: ToolCall,
  wanted: Invocation,
  host: RunHost,
  interrupt: AbortSignal,
): Promise<Invocation | undefined> {
  if (host.signal.aborted) throw abortError(host.signal);
  try {
    const answer = await host.authorize(call, { signal: AbortSignal.any([host.signal, interrupt]) });
    if (answer.decision === 'deny') throw deniedError(answer.reason);
    if (host.signal.aborted) throw abortError(host.signal);
    return answer.changedInput === undefined ? wanted : changeInvocation(wanted, answer.changedInput);
  } catch (thrown) {
    // The question was withdrawn because the turn was interrupted, not because the run was cancelled.
    if (interrupt.aborted && !host.signal.aborted && hasErrorCode(thrown, 'cancelled')) return undefined;
    throw thrown;
  }
}

function startOf({ id, name, tool, kind, input }: ToolCall): ProviderEvent {
  return { type: 'tool_call_started', data: { toolCallId: id, name, tool, kind, input } };
}

function resultData(call: ToolCall, end: CommandEnd): ToolResultData {
  const { stdout, stderr } = end;
  return {
    toolCallId: call.id,
    name: call.name,
    tool: call.tool,
    output: { stdout: stdout.text, stderr: stderr.text },
    ...(end.exit.exitCode === undefined ? {} : { exitCode: end.exit.exitCode }),
    durationMs: end.duration,
    ...(stdout.cut || stderr.cut ? { fullLength: stdout.fullLength + stderr.fullLength } : {}),
  };
}

function refuseUnsupported(request: RunRequest<ShellNative>): void {
  if (request.resume !== undefined) {
    throw new AsmError('resume_failed', 'A command has no conversation that could be continued.');
  }
  for (const field of ['model', 'systemPrompt', 'maxTurns', 'mcpServers'] as const) {
    if (request[field] === undefined) continue;
    throw new AsmError('capability_not_supported', `A command can't use ${field}; leave it out.`, {
      details: { field },
    });
  }
}

function joinEnvironments(first: AgentEnvironment = {}, second: AgentEnvironment = {}): AgentEnvironment {
  return {
    inherit: [...(first.inherit ?? []), ...(second.inherit ?? [])],
    set: { ...first.set, ...second.set },
  };
}
