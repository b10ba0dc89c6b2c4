import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createAllowedCalls, notAllowed } from '../../bridge/allowed-calls.ts';
import type { BridgeHandlers } from '../../bridge/bridge-server.ts';
import { calledClientTool } from '../../domain/client-tool.ts';
import { asAsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Authorization, ToolCall, ToolLineage } from '../../domain/tool.ts';
import type { RunHost } from '../../ports/provider.ts';
import { objectField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { buildToolCall } from './tool-call.ts';

/** Milliseconds that the message which tells of a call may come after the question about it. */
const tellDeadline = 2_000;

export interface PermissionDelegateOptions {
  readonly host: Pick<RunHost, 'authorize' | 'callTool'>;
  readonly state: NormalizerState;
  readonly cwd: string;
  /** True once the run is being stopped: from then on nothing is asked and no question is answered. */
  readonly isStopping: () => boolean;
}

/** What Amp's helper programs ask us for. */
export interface PermissionDelegate {
  readonly authorize: NonNullable<BridgeHandlers['authorize']>;
  readonly callTool: NonNullable<BridgeHandlers['callTool']>;
  /** To be called after each message that was taken in: a call may have been told of. */
  messageSeen(): void;
}

/** Makes what decides about the tool calls of one run. */
export function createPermissionDelegate(options: PermissionDelegateOptions): PermissionDelegate {
  const { host, state } = options;
  const allowed = createAllowedCalls();
  const waiting = new Set<() => void>();
  let unnamed = 0;

  /** Resolves when a message told of the call, or none did in time. */
  const told = async (id: string, signal: AbortSignal): Promise<void> => {
    // While a subagent works, a call that wasn't told of is one of its calls, which never are.
    if (signal.aborted || state.calls.isTold(id) || openAgents(state).length > 0) return;
    await new Promise<void>((done) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        waiting.delete(look);
        done();
      };
      const look = (): void => {
        if (state.calls.isTold(id) || options.isStopping()) finish();
      };
      const timer = setTimeout(finish, tellDeadline);
      signal.addEventListener('abort', finish, { once: true });
      waiting.add(look);
    });
  };

  return {
    async authorize(payload, { signal }) {
      const id = textField(payload, 'toolUseId') ?? `unnamed-${++unnamed}`;
      await told(id, signal);
      if (options.isStopping()) return await noAnswer();
      const call = askedCall(id, payload, state);
      const replacesFile = call.tool === 'write' && (await isThere(options.cwd, call));
      // Taken back, as the call that an earlier process was killed in is by what the thread is told now: it has not begun.
      if (signal.aborted) return { decision: 'deny', reason: 'The question was taken back.' };
      state.calls.ask(call, replacesFile);
      const answer = await decide(call, host, signal);
      if (options.isStopping()) return await noAnswer();
      if (answer.decision === 'deny') {
        state.calls.deny(call.id);
        return answer;
      }
      const clientTool = calledClientTool(call);
      if (clientTool !== undefined) allowed.allow(clientTool, call.input, answer.changedInput);
      return { decision: 'allow' };
    },
    async callTool(name, input, how) {
      const given = allowed.spend(name, input);
      if (given === undefined) return notAllowed(name);
      try {
        return await host.callTool(name, given, how);
      } finally {
        if (options.isStopping()) await noAnswer();
      }
    },
    messageSeen() {
      for (const look of [...waiting]) look();
    },
  };
}

/** Whatever Amp were told while it is being stopped, it would tell its model: so it is told nothing. */
function noAnswer(): Promise<never> {
  return new Promise(() => undefined);
}

async function decide(
  call: ToolCall,
  host: Pick<RunHost, 'authorize'>,
  signal: AbortSignal,
): Promise<Authorization> {
  try {
    const answer = await host.authorize(call, { signal });
    if (answer.decision === 'deny' || answer.changedInput === undefined) return answer;
    if (calledClientTool(call) !== undefined) return answer;
    return {
      decision: 'deny',
      reason: 'It was allowed only with another input, and Amp can not be told another input.',
    };
  } catch (thrown) {
    return { decision: 'deny', reason: `The question failed: ${asAsmError(thrown).message}` };
  }
}

function askedCall(id: string, payload: JsonObject, state: NormalizerState): ToolCall {
  const name = textField(payload, 'toolName') ?? 'unknown';
  const input = objectField(payload, 'input');
  const before = state.calls.askedName(id);
  // A tool that uses another one asks about that under its own id.
  if (before !== undefined && before !== name) {
    const lineage = { parentToolCallId: id };
    return buildToolCall({ id: `${id}/${name}`, name, input, lineage }, state.clientTools);
  }
  return buildToolCall({ id, name, input, lineage: lineageOf(id, state) }, state.clientTools);
}

/** Who calls. Amp doesn't say; with several subagents at work it can't be known which it is. */
function lineageOf(id: string, state: NormalizerState): ToolLineage | undefined {
  if (state.calls.isTold(id)) return undefined;
  const [agent, ...others] = openAgents(state);
  if (agent === undefined) return undefined;
  if (others.length > 0) return { agentType: agent.name };
  return { parentToolCallId: agent.id, agentId: agent.id, agentType: agent.name };
}

function openAgents(state: NormalizerState): readonly ToolCall[] {
  return state.calls.open().flatMap(({ call, told }) => (told && call.kind === 'agent' ? [call] : []));
}

function isThere(cwd: string, call: ToolCall): Promise<boolean> {
  return access(resolve(cwd, call.paths?.[0] ?? '')).then(
    () => true,
    () => false,
  );
}
