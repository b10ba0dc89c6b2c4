import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ProviderDescription } from '../../ports/provider.ts';
import { startProcessGroup } from '../../process/process-group.ts';
import type { Capabilities } from '../../domain/capability.ts';
import { describeEnvironment } from './environment.ts';
import type { CheckedOptions } from './options.ts';
import { findCodex, installAdvice } from './program.ts';
import { testedVersions } from './tested-versions.ts';

/** Milliseconds that the program has to tell its version; the first start of the day takes long. */
const versionDeadline = 20_000;

/** Looks at the machine: is the program there, which version, is it signed in. Never throws for a missing program. */
export async function describeCodex(
  options: CheckedOptions,
  capabilities: Capabilities,
  signal: AbortSignal | undefined,
): Promise<ProviderDescription> {
  const environment = describeEnvironment();
  const search = { executable: options.executable, path: environment['PATH'] ?? '', cwd: process.cwd() };
  const path = await findCodex(search);
  const version = path === undefined ? undefined : await askVersion(path, environment, signal);
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

async function askVersion(
  path: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(versionDeadline);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  if (stop.aborted) return undefined;
  try {
    await using group = await startProcessGroup({
      command: path,
      arguments: ['--version'],
      cwd: process.cwd(),
      environment,
      standardInput: 'ignore',
    });
    const end = (): void => void group.end({ grace: 0 }).catch(() => undefined);
    stop.addEventListener('abort', end, { once: true });
    try {
      const said = await text(group.child.stdout);
      return /^codex\S* (\d+\.\d+\.\d+\S*)/.exec(said.trim())?.[1];
    } finally {
      stop.removeEventListener('abort', end);
    }
  } catch {
    return undefined;
  }
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
