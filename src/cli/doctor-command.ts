import pc from 'picocolors';
import { existsSync } from 'node:fs';
import type { ProviderDescription } from '../ports/provider.ts';
import { exitCodes } from './exit-code.ts';
import type { SharedOptions } from './main.ts';
import { commandLineProviders } from './open-manager.ts';
import { storeLocation } from './store-location.ts';
import { outputWidth, renderTable } from './table.ts';
import { remarkOnVersion } from './tested-version.ts';

/** `asm doctor`: exits with 5 when no agent is ready. */
export async function doctorCommand(options: SharedOptions): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const descriptions = await Promise.all(
    commandLineProviders().map(async (provider) => remarkOnVersion(await provider.describe({ signal }))),
  );
  const location = storeLocation(options.store);
  const agents = descriptions.filter((description) => description.name !== 'shell');
  if (!agents.some(isReady)) process.exitCode = exitCodes.agent;
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ node: process.version, store: location, providers: descriptions })}\n`,
    );
    return;
  }
  const table = renderTable<ProviderDescription>(
    descriptions,
    [
      { title: '', value: (description) => (isReady(description) ? 'ok' : '--') },
      { title: 'PROVIDER', value: (description) => description.name },
      {
        title: 'VERSION',
        value: (description) =>
          description.agent.version ?? (description.agent.installed ? '?' : 'not installed'),
      },
      { title: 'SIGNED IN', value: (description) => description.signedIn },
      { title: 'PROGRAM', value: (description) => description.agent.path ?? '', flexible: true },
    ],
    outputWidth(),
  );
  const advice = descriptions.flatMap(({ name, agent }) =>
    agent.advice === undefined ? [] : [`${name}: ${agent.advice}`],
  );
  process.stdout.write(
    [
      table,
      '',
      `${pc.dim('store')}  ${location}${existsSync(location) ? '' : ' (made by the first run)'}`,
      `${pc.dim('node ')}  ${process.version}`,
      ...(advice.length === 0 ? [] : ['', ...advice]),
      '',
    ].join('\n'),
  );
}

function isReady(description: ProviderDescription): boolean {
  return description.agent.installed && description.signedIn !== 'no';
}
