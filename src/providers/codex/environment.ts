import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { agentEnvironment } from '../../process/agent-environment.ts';
import type { RunRequest } from '../../ports/provider.ts';

/** What Codex inherits besides the list of all agents: its own configuration and sign-in. */
const codexVariables = [
  'CODEX_HOME',
  'CODEX_API_KEY',
  'CODEX_CA_CERTIFICATE',
  'OPENAI_*',
  'RUST_LOG',
] as const;

/** The whole environment of one run's Codex. */
export function codexEnvironment(
  request: Pick<RunRequest, 'environment' | 'runId' | 'cookie'>,
): Record<string, string> {
  return agentEnvironment(codexVariables, request.environment, {
    ASM_RUN_ID: request.runId,
    ASM_RUN_COOKIE: request.cookie,
  });
}

/** The environment of a Codex that serves several runs: the same but for what names one run. */
export function sharedEnvironment(request: Pick<RunRequest, 'environment'>): Record<string, string> {
  return agentEnvironment(codexVariables, request.environment);
}

/** The folder of Codex's own configuration. */
export function codexHome(environment: Readonly<Record<string, string>>): string {
  return environment['CODEX_HOME'] ?? join(environment['HOME'] ?? '/', '.codex');
}

/** A cookie of its own for a server of several runs, by which it is found with everything it started. */
export function serverMark(): string {
  return randomBytes(16).toString('hex');
}

/** The environment in which Codex is looked at, without a run. */
export function describeEnvironment(): Record<string, string> {
  return agentEnvironment(codexVariables);
}
