import { existsSync } from 'node:fs';
import { asAsmError, type AsmError } from '../domain/error.ts';
import type { ProviderDescription } from '../ports/provider.ts';
import { visibleText } from '../rendering/visible-text.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import { exitCodeOfError, exitCodes } from './exit-code.ts';
import { allProviders } from './command-line-providers.ts';
import { write, writeJson } from './output.ts';
import { paintFor } from './paint.ts';
import type { SharedOptions } from './shared-options.ts';
import { storeLocation } from './store-location.ts';
import { outputWidth, renderTable } from './table.ts';
import { remarkOnVersion } from './tested-version.ts';

/** `asm doctor`: exits with 5 when no agent is ready, with the store's code when it can't be opened. */
export async function doctorCommand(options: SharedOptions): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const providers = await allProviders();
  const descriptions = await Promise.all(
    providers.map(async (provider) => remarkOnVersion(await provider.describe({ signal }))),
  );
  const location = storeLocation(options.store);
  const problem = await storeProblem(location);
  const agents = descriptions.filter((description) => description.name !== 'shell');
  if (!agents.some(isReady)) process.exitCode = exitCodes.agent;
  else if (problem !== undefined) process.exitCode = exitCodeOfError(problem);
  if (options.json === true) {
    await writeJson({
      node: process.version,
      store: location,
      ...(problem === undefined ? {} : { storeError: problem.toJSON() }),
      providers: descriptions,
    });
  } else {
    await write(describe(descriptions, location, problem));
  }
}

async function storeProblem(location: string): Promise<AsmError | undefined> {
  if (!existsSync(location)) return undefined;
  try {
    await using _store = await sqliteStore(location);
    return undefined;
  } catch (thrown) {
    return asAsmError(thrown);
  }
}

function describe(
  descriptions: readonly ProviderDescription[],
  location: string,
  problem: AsmError | undefined,
): string {
  const table = renderTable<ProviderDescription>(
    descriptions,
    [
      {
        title: '   PROVIDER',
        value: (description) => `${isReady(description) ? 'ok' : '--'} ${description.name}`,
      },
      { title: 'VERSION', value: versionText },
      { title: 'SIGNED IN', value: signInText, leaveOut: 2 },
      {
        title: 'PROGRAM',
        value: (description) => description.agent.path ?? '',
        flexible: true,
        leaveOut: 1,
      },
    ],
    outputWidth(),
  );
  const advice = [
    ...descriptions.flatMap(({ name, agent }) =>
      agent.advice === undefined ? [] : [`${name}: ${agent.advice}`],
    ),
    ...(problem === undefined ? [] : [`store: ${problem.message} [${problem.code}]`]),
  ];
  const paint = paintFor(process.stdout);
  return [
    table,
    '',
    `${paint.dim('store')}  ${visibleText(location)}${existsSync(location) ? '' : ' (made by the first run)'}`,
    `${paint.dim('node ')}  ${process.version}`,
    ...(advice.length === 0 ? [] : ['', ...advice.map(visibleText)]),
    '',
  ].join('\n');
}

function versionText({ agent }: ProviderDescription): string {
  return agent.version ?? (agent.installed ? '' : 'not installed');
}

/** A shell has nobody to be signed in. */
function signInText({ name, signedIn }: ProviderDescription): string {
  return name === 'shell' ? '–' : signedIn;
}

function isReady(description: ProviderDescription): boolean {
  return description.agent.installed && description.signedIn !== 'no';
}
