import { agentEnvironment } from '../../process/agent-environment.ts';
import type { RunRequest } from '../../ports/provider.ts';

/** What Codex inherits besides the list of all agents: where its files are, and its sign-in. */
const codexVariables = [
  'CODEX_HOME',
  'CODEX_API_KEY',
  'CODEX_ACCESS_TOKEN',
  'CODEX_CA_CERTIFICATE',
  'OPENAI_*',
] as const;

/** Keeps secrets and colours out of what Codex writes to its standard error. */
const quiet = { RUST_LOG: 'error', NO_COLOR: '1' } as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** The whole environment of one run's Codex. */
export function codexEnvironment(
  request: Pick<RunRequest, 'environment' | 'runId' | 'cookie'>,
  source: Variables = process.env,
): Record<string, string> {
  const own = { ...quiet, ASM_RUN_ID: request.runId, ASM_RUN_COOKIE: request.cookie };
  return agentEnvironment(codexVariables, request.environment, own, source);
}

/** The environment of a server that several runs share, which belongs to none of them. */
export function sharedEnvironment(
  request: Pick<RunRequest, 'environment'>,
  source: Variables = process.env,
): Record<string, string> {
  return agentEnvironment(codexVariables, request.environment, quiet, source);
}

/** The environment in which Codex is looked at, without a run. */
export function describeEnvironment(source: Variables = process.env): Record<string, string> {
  return agentEnvironment(codexVariables, {}, quiet, source);
}
