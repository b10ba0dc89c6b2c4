import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { asAsmError } from '../../domain/error.ts';
import type { ProviderDescription } from '../../ports/provider.ts';
import { askVersion } from '../../process/program-version.ts';
import { claudeCapabilities } from './capabilities.ts';
import { describeEnvironment, isOn } from './environment.ts';
import type { CheckedOptions } from './options.ts';
import { findClaude, installAdvice } from './program.ts';
import { loadSdk } from './sdk.ts';
import { testedVersions } from './tested-versions.ts';

const versionForm = /^(\d+\.\d+\.\d+\S*)/;

/** Looks at the machine: is the program there, which version, is it signed in. Never throws for a missing program. */
export async function describeClaude(
  options: CheckedOptions,
  signal: AbortSignal | undefined,
  load: () => Promise<unknown> = loadSdk,
): Promise<ProviderDescription> {
  const environment = describeEnvironment();
  const search = { executable: options.executable, path: environment['PATH'] ?? '', cwd: process.cwd() };
  const path = await findClaude(search);
  const version =
    path === undefined
      ? undefined
      : await askVersion({ command: path, arguments: ['--version'], environment }, versionForm, signal);
  const advice =
    path === undefined
      ? installAdvice
      : version === undefined
        ? `${path} does not tell its version. Is it Claude Code?`
        : await packageAdvice(load);
  return {
    name: 'claude',
    agent: {
      // A program alone can't be driven.
      installed: advice === undefined,
      ...(version === undefined ? {} : { version }),
      tested: testedVersions,
      ...(path === undefined ? {} : { path }),
      ...(advice === undefined ? {} : { advice }),
    },
    signedIn: await signedIn(environment),
    capabilities: claudeCapabilities,
  };
}

/** What is wrong with the package that drives the program. */
async function packageAdvice(load: () => Promise<unknown>): Promise<string | undefined> {
  return await load().then(
    () => undefined,
    (thrown: unknown) => asAsmError(thrown).message,
  );
}

/** Variables each of which signs Claude Code in. */
const signInVariables = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'] as const;
const cloudFlags = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'] as const;

/** Where nothing is found it may still be signed in, for example through the system's key store. */
async function signedIn(
  environment: Readonly<Record<string, string>>,
): Promise<ProviderDescription['signedIn']> {
  if (signInVariables.some((name) => (environment[name] ?? '') !== '')) return 'yes';
  if (cloudFlags.some((name) => isOn(environment[name]))) return 'yes';
  const folder = environment['CLAUDE_CONFIG_DIR'] ?? join(environment['HOME'] ?? '/', '.claude');
  return await access(join(folder, '.credentials.json')).then(
    () => 'yes' as const,
    () => 'unknown' as const,
  );
}
