import { tmpdir } from 'node:os';
import { isAsmError } from '../../domain/error.ts';
import type { ProviderDescription } from '../../ports/provider.ts';
import { keepCompiled } from '../../process/node-compile-cache.ts';
import { startProcessGroup } from '../../process/process-group.ts';
import type { AcpAgent } from './agent.ts';
import { connectAgent } from './connection.ts';
import { describeEnvironment } from './environment.ts';
import { fieldAt, textField } from '../../domain/json-field.ts';
import { findAgent, installAdvice, type AgentProgram } from './program.ts';
import { loadSdk } from './sdk.ts';
import { initialize } from './session.ts';

/** Milliseconds that an agent has to say what it is; the first start of the day takes long. */
const introductionDeadline = 20_000;

/** Looks at the machine: is the agent there, does it speak the protocol, which version. Never throws. */
export async function describeAcp(
  agent: AcpAgent,
  signal: AbortSignal | undefined,
): Promise<ProviderDescription> {
  const environment = describeEnvironment(agent);
  const program = await findAgent(agent, { path: environment['PATH'] ?? '', cwd: process.cwd() });
  const said = program === undefined ? undefined : await introduce(agent, program, environment, signal);
  const { preset } = agent;
  const advice = program === undefined ? installAdvice(agent) : said?.problem;
  return {
    name: agent.name,
    agent: {
      installed: said !== undefined && said.problem === undefined,
      ...(said?.version === undefined ? {} : { version: said.version }),
      ...(program === undefined ? {} : { path: program.path }),
      ...(advice === undefined ? {} : { advice }),
      ...(preset?.tested === undefined ? {} : { tested: preset.tested }),
    },
    signedIn: (preset?.signIn ?? []).some((name) => (environment[name] ?? '') !== '') ? 'yes' : 'unknown',
    capabilities: agent.capabilities,
  };
}

interface Introduction {
  readonly version?: string;
  readonly problem?: string;
}

async function introduce(
  agent: AcpAgent,
  program: AgentProgram,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Introduction> {
  const deadline = AbortSignal.timeout(introductionDeadline);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    const sdk = await loadSdk();
    stop.throwIfAborted();
    // Not in the project's folder, from which an agent may read settings as it starts.
    await using group = await startProcessGroup(keepCompiled({ ...program, cwd: tmpdir(), environment }));
    const end = (): void => void group.end({ grace: 0 }).catch(() => undefined);
    stop.addEventListener('abort', end, { once: true });
    const connection = connectAgent(sdk, group, {
      onUpdate: () => undefined,
      onPermission: () => Promise.resolve({ outcome: { outcome: 'cancelled' } }),
      onForeign: () => undefined,
      ready: () => Promise.resolve(),
    });
    try {
      const version = textField(fieldAt(await initialize(agent, connection), ['agentInfo']), 'version');
      return version === undefined ? {} : { version };
    } finally {
      stop.removeEventListener('abort', end);
      connection.close();
      await group.end({ grace: 0 });
    }
  } catch (thrown) {
    if (isAsmError(thrown) && thrown.code === 'dependency_not_available') return { problem: thrown.message };
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { problem: `${program.path} does not answer in the Agent Client Protocol: ${why.slice(0, 500)}` };
  }
}
