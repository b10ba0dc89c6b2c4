import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProviderDescription } from '../../ports/provider.ts';
import { askVersion } from '../../process/program-version.ts';
import type { Capabilities } from '../../domain/capability.ts';
import { describeEnvironment } from './environment.ts';
import type { CheckedOptions } from './options.ts';
import { findCodex, installAdvice } from './program.ts';
import { testedVersions } from './tested-versions.ts';

const versionForm = /^codex\S* (\d+\.\d+\.\d+\S*)/;

/** Looks at the machine: is the program there, which version, is it signed in. Never throws for a missing program. */
export async function describeCodex(
  options: CheckedOptions,
  capabilities: Capabilities,
  signal: AbortSignal | undefined,
): Promise<ProviderDescription> {
  const environment = describeEnvironment();
  const search = { executable: options.executable, path: environment['PATH'] ?? '', cwd: process.cwd() };
  const path = await findCodex(search);
  const version =
    path === undefined
      ? undefined
      : await askVersion({ command: path, arguments: ['--version'], environment }, versionForm, signal);
  return {
    name: 'codex',
    agent: {
      installed: path !== undefined && version !== undefined,
      ...(version === undefined ? {} : { version }),
      tested: testedVersions,
      ...(path === undefined ? { advice: installAdvice } : { path }),
      ...(path !== undefined && version === undefined
        ? { advice: `${path} does not tell its version. Is it Codex?` }
        : {}),
    },
    signedIn: await signedIn(environment),
    capabilities,
  };
}

/** Variables each of which signs Codex in. */
const signInVariables = ['CODEX_API_KEY', 'OPENAI_API_KEY'] as const;

/** Where nothing is found it may still be signed in, for example by a model provider of its configuration. */
async function signedIn(
  environment: Readonly<Record<string, string>>,
): Promise<ProviderDescription['signedIn']> {
  if (signInVariables.some((name) => (environment[name] ?? '') !== '')) return 'yes';
  const folder = environment['CODEX_HOME'] ?? join(environment['HOME'] ?? '/', '.codex');
  return await access(join(folder, 'auth.json')).then(
    () => 'yes' as const,
    () => 'unknown' as const,
  );
}
