import type { ProviderDescription } from '../../ports/provider.ts';
import { keepCompiled } from '../../process/node-compile-cache.ts';
import { askVersion } from '../../process/program-version.ts';
import { ampCapabilities } from './capabilities.ts';
import { describeEnvironment } from './environment.ts';
import type { CheckedOptions } from './options.ts';
import { findAmp, installAdvice, pinnedVersion, type AmpProgram } from './program.ts';
import { readSettings } from './settings.ts';
import { notSignedIn, signedIn } from './sign-in.ts';

/** The versions of Amp that this provider is tested with. */
export const testedVersions = { from: pinnedVersion, to: pinnedVersion } as const;

const versionForm = /^(\d+\.\d+\.\d+\S*)/;

/** Looks at the machine: is the program there, which version, is it signed in. Never throws for a missing program. */
export async function describeAmp(
  options: CheckedOptions,
  signal: AbortSignal | undefined,
): Promise<ProviderDescription> {
  const environment = describeEnvironment();
  const found = await findAmp({
    executable: options.executable,
    path: environment['PATH'] ?? '',
    cwd: process.cwd(),
  });
  const program = typeof found === 'string' ? undefined : found;
  const version =
    program === undefined
      ? undefined
      : await askVersion(versionCommand(program, environment), versionForm, signal);
  const signIn = await signedIn(environment, await readSettings(environment));
  const advice = adviceFor(program, version) ?? (signIn === 'no' ? notSignedIn().message : undefined);
  return {
    name: 'amp',
    agent: {
      installed: version !== undefined,
      tested: testedVersions,
      ...(version === undefined ? {} : { version }),
      ...(program === undefined ? {} : { path: program.path }),
      ...(advice === undefined ? {} : { advice }),
    },
    signedIn: signIn,
    capabilities: ampCapabilities,
  };
}

function adviceFor(program: AmpProgram | undefined, version: string | undefined): string | undefined {
  if (program === undefined) return installAdvice;
  if (version === undefined) return `${program.path} does not tell its version. Is it Amp?`;
  return version === pinnedVersion
    ? undefined
    : `Amp ${version} is not the version that this library is tested with, ${pinnedVersion}.`;
}

function versionCommand({ path, isScript }: AmpProgram, environment: Readonly<Record<string, string>>) {
  const [command, before] = isScript ? [process.execPath, [path]] : [path, []];
  return keepCompiled({ command, arguments: [...before, '--version'], environment });
}
