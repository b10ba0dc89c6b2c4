import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { agentEnvironment } from '../../process/agent-environment.ts';
import { runCookieVariable } from '../../process/process-family.ts';
import type { RunRequest } from '../../ports/provider.ts';

/** What Codex inherits besides the list of all agents: its own configuration and sign-in. */
const codexVariables = [
  'CODEX_HOME',
  'CODEX_API_KEY',
  'CODEX_CA_CERTIFICATE',
  'OPENAI_*',
  'RUST_LOG',
] as const;

/** The environment of a Codex for such runs, without the marks by which it is found. */
export function codexEnvironment(request: Pick<RunRequest, 'environment'>): Record<string, string> {
  return agentEnvironment(codexVariables, request.environment);
}

/** The variables by which what one run starts is found. */
export function runMarks({ runId, cookie }: Pick<RunRequest, 'runId' | 'cookie'>): {
  readonly [name: string]: string;
} {
  return { ASM_RUN_ID: runId, [runCookieVariable]: cookie };
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
