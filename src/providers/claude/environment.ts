import { agentEnvironment } from '../../process/agent-environment.ts';
import type { RunRequest } from '../../ports/provider.ts';

/** What Claude Code inherits besides the list of all agents: its own configuration and sign-in. */
const claudeVariables = [
  'ANTHROPIC_*',
  'CLAUDE_CODE_*',
  'CLAUDE_CONFIG_DIR',
  'API_TIMEOUT_MS',
  'BASH_DEFAULT_TIMEOUT_MS',
  'BASH_MAX_TIMEOUT_MS',
  'DISABLE_TELEMETRY',
  'DISABLE_ERROR_REPORTING',
  'DISABLE_AUTOUPDATER',
  'IS_SANDBOX',
] as const;

/** Credentials of a cloud, inherited only when Claude Code is told to use its models. */
const cloudVariables = [
  { flag: 'CLAUDE_CODE_USE_BEDROCK', names: ['AWS_*'] },
  { flag: 'CLAUDE_CODE_USE_VERTEX', names: ['GOOGLE_*', 'CLOUDSDK_*', 'CLOUD_ML_REGION', 'VERTEX_*'] },
  { flag: 'CLAUDE_CODE_USE_FOUNDRY', names: ['AZURE_*'] },
] as const;

/** Marks that an outer Claude Code leaves for its own children; an agent of ours is none of them. */
const outerVariables: ReadonlySet<string> = new Set([
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_CODE_CHILD_SESSION',
]);

type Variables = Readonly<Record<string, string | undefined>>;

/** The whole environment of one run's Claude Code. */
export function claudeEnvironment(
  request: Pick<RunRequest, 'environment' | 'runId' | 'cookie'>,
  source: Variables = process.env,
): Record<string, string> {
  return agentEnvironment(
    inheritedNames({ ...source, ...request.environment?.set }),
    request.environment,
    { ASM_RUN_ID: request.runId, ASM_RUN_COOKIE: request.cookie, DISABLE_AUTOUPDATER: '1' },
    withoutOuter(source),
  );
}

/** The environment in which Claude Code is looked at, without a run. */
export function describeEnvironment(source: Variables = process.env): Record<string, string> {
  return agentEnvironment(inheritedNames(source), {}, { DISABLE_AUTOUPDATER: '1' }, withoutOuter(source));
}

function inheritedNames(variables: Variables): readonly string[] {
  const clouds = cloudVariables.filter((cloud) => isOn(variables[cloud.flag]));
  return [...claudeVariables, ...clouds.flatMap((cloud) => cloud.names)];
}

function withoutOuter(source: Variables): Variables {
  return Object.fromEntries(Object.entries(source).filter(([name]) => !outerVariables.has(name)));
}

/** True for a flag that is set to anything but off. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
