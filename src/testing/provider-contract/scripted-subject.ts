import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Capabilities } from '../../domain/capability.ts';
import { clientToolCall } from '../../domain/client-tool.ts';
import { AsmError } from '../../domain/error.ts';
import type { ErrorCode } from '../../domain/error-code.ts';
import type { JsonObject } from '../../domain/json.ts';
import { tokenUsage, type TokenUsage } from '../../domain/usage.ts';
import type { Provider } from '../../ports/provider.ts';
import type { Misbehaviour } from '../scripted-provider/misbehaviour.ts';
import type { ScriptContext, ScriptStep } from '../scripted-provider/script-step.ts';
import { scriptedCapabilities, scriptedProvider } from '../scripted-provider/scripted-provider.ts';
import type { AgentStep, ProviderSubject } from './provider-subject.ts';
import { endGroup, runShellTool } from './shell-tool.ts';

/** How a scripted agent breaks what it claims. */
export interface Fault {
  readonly misbehaviour?: Misbehaviour;
  readonly acceptAnyHandle?: boolean;
  readonly chunks?: number;
  readonly unasked?: boolean;
  readonly runsBeforeAsking?: boolean;
  readonly ignoresChangedInput?: boolean;
  readonly forgetsProcesses?: boolean;
  readonly countsTwice?: boolean;
  readonly failsWith?: ErrorCode;
  readonly forgetsHistory?: boolean;
  wrap?(provider: Provider): Provider;
}

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'authentication_failed'],
  [429, 'rate_limited'],
  [500, 'provider_unavailable'],
  [529, 'provider_overloaded'],
]);

/** A scripted agent, with real commands, as a subject of the contract suite; whole, or with a fault. */
export function scriptedSubject(
  claims: Partial<Capabilities> = {},
  fault: Fault = {},
  patience?: number,
): ProviderSubject {
  const table: Capabilities = {
    ...scriptedCapabilities,
    system_prompt: 'native',
    max_turns: 'emulated',
    client_tools: 'native',
    structured_output: 'native',
    process_isolation: 'native',
    ...claims,
  };
  return {
    capabilities: table,
    ...(patience === undefined ? {} : { patience }),
    async open() {
      const cwd = await mkdtemp(path.join(tmpdir(), 'asm-contract-'));
      const agent = new ScriptedAgent(cwd, fault);
      const provider = scriptedProvider((context) => agent.script(context), {
        capabilities: table,
        ...(fault.misbehaviour === undefined ? {} : { misbehaviour: fault.misbehaviour }),
        ...(fault.acceptAnyHandle === undefined ? {} : { acceptAnyHandle: fault.acceptAnyHandle }),
      });
      return {
        provider: fault.wrap?.(provider) ?? provider,
        cwd,
        prepare: (steps) => {
          agent.steps = steps;
          return {};
        },
        modelCalls: () => agent.calls,
        heard: () => agent.heard,
        async [Symbol.asyncDispose]() {
          for (const group of agent.groups) endGroup(group);
          await rm(cwd, { recursive: true, force: true });
        },
      };
    },
  };
}

class ScriptedAgent {
  steps: readonly AgentStep[] = [];
  calls = 0;
  heard: readonly string[] = [];
  readonly groups: number[] = [];
  readonly #cwd: string;
  readonly #fault: Fault;

  constructor(cwd: string, fault: Fault) {
    this.#cwd = cwd;
    this.#fault = fault;
  }

  script(context: ScriptContext): readonly ScriptStep[] {
    return this.steps.flatMap((step, index) => [this.#askModel(index), ...this.#steps(step, context)]);
  }

  #askModel(turn: number): ScriptStep {
    return {
      call: ({ request, history }) => {
        if (request.maxTurns !== undefined && turn >= request.maxTurns) {
          throw new AsmError('max_turns_reached', `The agent may ask its model ${request.maxTurns} times.`);
        }
        this.calls++;
        const known =
          this.#fault.forgetsHistory === true ? request.messages.map((message) => message.text) : history;
        this.heard = [request.systemPrompt ?? '', ...known];
      },
    };
  }

  #steps(step: AgentStep, context: ScriptContext): readonly ScriptStep[] {
    if ('hang' in step) {
      return [
        { emit: { type: 'message_streamed', data: { messageId: 'hung', text: step.hang } } },
        { hang: true },
      ];
    }
    if ('fail' in step) {
      const code = this.#fault.failsWith ?? codes.get(step.fail) ?? 'provider_unavailable';
      return [{ fail: new AsmError(code, `The model service answered ${step.fail}.`) }];
    }
    if ('command' in step) return [...this.#usage(step.usage), ...this.#command(step.command, context)];
    if ('write' in step) return [this.#write(step.write, step.content)];
    if ('client' in step) return [this.#client(step.client.tool, step.client.input, context)];
    if ('mcp' in step) return [{ fail: new AsmError('internal_error', 'It has no MCP servers.') }];
    if ('answer' in step) return [{ say: JSON.stringify(step.answer) }];
    const reasoning: readonly ScriptStep[] = step.reasoning === undefined ? [] : [{ reason: step.reasoning }];
    return [...reasoning, { say: step.say, chunks: this.#fault.chunks ?? 4 }, ...this.#usage(step.usage)];
  }

  #usage(usage: Partial<TokenUsage> | undefined): readonly ScriptStep[] {
    if (usage === undefined) return [];
    const reported: ScriptStep = { usage: tokenUsage(usage), cost: { usd: '0.012', source: 'provider' } };
    return this.#fault.countsTwice === true ? [reported, reported] : [reported];
  }

  #write(file: string, content: string): ScriptStep {
    return {
      tool: { name: 'Write', tool: 'write', kind: 'edit', input: { file, content }, paths: [file] },
      result: async () => {
        await writeFile(file, content);
        return { output: 'written' };
      },
    };
  }

  #client(name: string, input: JsonObject, context: ScriptContext): ScriptStep {
    const tool = context.request.clientTools?.find((offered) => offered.name === name);
    if (tool === undefined) return { fail: new AsmError('internal_error', `It was not offered ${name}.`) };
    const { id: _id, ...call } = clientToolCall(tool, { id: '', input });
    return {
      tool: call,
      result: async (given, { signal }) => {
        const { text, failed } = await context.host.callTool(name, given, { signal });
        return { output: text, failed };
      },
    };
  }

  #command(command: string, context: ScriptContext): readonly ScriptStep[] {
    const work = (input: unknown, signal: AbortSignal): ReturnType<typeof runShellTool> =>
      runShellTool(typeof input === 'string' ? input : command, {
        cwd: this.#cwd,
        cookie: context.request.cookie,
        signal,
        ends: this.#fault.forgetsProcesses !== true,
        onStart: (group) => this.groups.push(group),
      });
    const tool: ScriptStep = {
      tool: { name: 'Shell', tool: 'bash', kind: 'execute', input: { command }, command },
      unasked: this.#fault.unasked === true,
      result: (input, { signal }) =>
        this.#fault.runsBeforeAsking === true
          ? { output: 'done before' }
          : work(this.#fault.ignoresChangedInput === true ? command : input['command'], signal),
    };
    if (this.#fault.runsBeforeAsking !== true) return [tool];
    return [{ call: async ({ stop }) => void (await work(command, stop)) }, tool];
  }
}
