import { agentEnvironment } from '../../process/agent-environment.ts';
import type { RunRequest } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The whole environment of one run's agent. */
export function acpEnvironment(
  agent: AcpAgent,
  request: Pick<RunRequest, 'environment' | 'runId' | 'cookie' | 'model'>,
  source: Variables = process.env,
): Record<string, string> {
  const model = request.model ?? agent.model;
  const variable = agent.preset?.modelVariable;
  const chosen = model === undefined || variable === undefined ? {} : { [variable]: model };
  const environment = agentEnvironment(
    inheritedNames(agent),
    { ...request.environment, set: { ...agent.environment.set, ...request.environment?.set } },
    { ASM_RUN_ID: request.runId, ASM_RUN_COOKIE: request.cookie },
    allowed(agent, source),
  );
  // The model of a run is more special than a variable for all of them.
  return { ...environment, ...chosen };
}

/** The environment in which the agent is looked at, without a run. */
export function describeEnvironment(
  agent: AcpAgent,
  source: Variables = process.env,
): Record<string, string> {
  return agentEnvironment(
    inheritedNames(agent),
    { set: agent.environment.set ?? {} },
    {},
    allowed(agent, source),
  );
}

function inheritedNames(agent: AcpAgent): readonly string[] {
  return [...(agent.preset?.environment ?? []), ...(agent.environment.inherit ?? [])];
}

function allowed(agent: AcpAgent, source: Variables): Variables {
  const withheld = new Set(agent.preset?.withheld);
  return Object.fromEntries(Object.entries(source).filter(([name]) => !withheld.has(name)));
}
