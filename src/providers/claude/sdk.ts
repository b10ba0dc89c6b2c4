import type { Options, Query, SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import { AsmError } from '../../domain/error.ts';

/** The package that drives Claude Code; users install it beside this library. */
export const sdkPackage = '@anthropic-ai/claude-agent-sdk';

/** The part of the package that is used here. */
export interface ClaudeSdk {
  readonly query: (parameters: {
    readonly prompt: AsyncIterable<SDKUserMessage>;
    readonly options: Options;
  }) => Query;
}

export type { Options as SdkOptions, Query as SdkQuery };

/** Loads the package when it is needed. Throws `dependency_not_available` when it isn't installed. */
export async function loadSdk(
  load: () => Promise<unknown> = () => import('@anthropic-ai/claude-agent-sdk'),
): Promise<ClaudeSdk> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (thrown) {
    throw new AsmError(
      'dependency_not_available',
      `Claude Code is driven through the package ${sdkPackage}, which could not be loaded. Install it: npm install ${sdkPackage}`,
      { cause: thrown, details: { package: sdkPackage } },
    );
  }
  if (isSdk(loaded)) return loaded;
  throw new AsmError(
    'dependency_not_available',
    `The installed ${sdkPackage} has no query function. Install the version that this library is tested with.`,
    {
      details: { package: sdkPackage },
    },
  );
}

function isSdk(loaded: unknown): loaded is ClaudeSdk {
  return (
    typeof loaded === 'object' && loaded !== null && 'query' in loaded && typeof loaded.query === 'function'
  );
}
