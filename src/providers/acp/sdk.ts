import type { client, RequestError } from '@agentclientprotocol/sdk';
import { AsmError } from '../../domain/error.ts';

/** The package that speaks the protocol; users install it beside this library. */
export const sdkPackage = '@agentclientprotocol/sdk';

/** The part of the package that is used here. */
export interface AcpSdk {
  readonly client: typeof client;
  readonly RequestError: typeof RequestError;
}

/** Loads the package when it is needed. Throws `dependency_not_available` when it isn't installed. */
export async function loadSdk(
  load: () => Promise<unknown> = () => import('@agentclientprotocol/sdk'),
): Promise<AcpSdk> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (thrown) {
    throw new AsmError(
      'dependency_not_available',
      `Agents are driven through the package ${sdkPackage}, which could not be loaded. Install it: npm install ${sdkPackage}`,
      { cause: thrown, details: { package: sdkPackage } },
    );
  }
  if (isSdk(loaded)) return loaded;
  throw new AsmError(
    'dependency_not_available',
    `The installed ${sdkPackage} has no client function. Install the version that this library is tested with.`,
    { details: { package: sdkPackage } },
  );
}

function isSdk(loaded: unknown): loaded is AcpSdk {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'client' in loaded &&
    typeof loaded.client === 'function' &&
    'RequestError' in loaded &&
    typeof loaded.RequestError === 'function'
  );
}
