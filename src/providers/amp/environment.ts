import { join } from 'node:path';
import type { RunRequest } from '../../ports/provider.ts';
import { agentEnvironment } from '../../process/agent-environment.ts';

/** What Amp inherits besides the list of all agents: its own configuration and sign-in. */
const ampVariables = ['AMP_*'] as const;

/** Marks that an outer Amp leaves for its own children, and what would take Amp to another folder. */
const outerVariables: ReadonlySet<string> = new Set([
  'AMP_CURRENT_THREAD_ID',
  'AMP_THREAD_ID',
  'AMP_PWD',
  'AMP_SDK_VERSION',
]);

type Variables = Readonly<Record<string, string | undefined>>;

const ownVariables = { AMP_SKIP_UPDATE_CHECK: '1' } as const;

/** The whole environment of one run's Amp. */
export function ampEnvironment(
  request: Pick<RunRequest, 'environment' | 'runId' | 'cookie'>,
  source: Variables = process.env,
): Record<string, string> {
  return agentEnvironment(
    ampVariables,
    request.environment,
    { ASM_RUN_ID: request.runId, ASM_RUN_COOKIE: request.cookie, ...ownVariables },
    withoutOuter(source),
  );
}

/** The environment in which Amp is looked at, without a run. */
export function describeEnvironment(source: Variables = process.env): Record<string, string> {
  return agentEnvironment(ampVariables, {}, ownVariables, withoutOuter(source));
}

function withoutOuter(source: Variables): Variables {
  return Object.fromEntries(Object.entries(source).filter(([name]) => !outerVariables.has(name)));
}

/** The folder in which Amp keeps threads and sign-in. */
export function dataFolder(environment: Variables): string {
  return join(environment['XDG_DATA_HOME'] || join(homeFolder(environment), '.local', 'share'), 'amp');
}

/** The person's own settings of Amp. */
export function settingsFile(environment: Variables): string {
  const folder = environment['XDG_CONFIG_HOME'] || join(homeFolder(environment), '.config');
  return environment['AMP_SETTINGS_FILE'] || join(folder, 'amp', 'settings.json');
}

function homeFolder(environment: Variables): string {
  return environment['HOME'] || '/';
}
