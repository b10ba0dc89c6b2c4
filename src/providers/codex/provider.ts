import type { Provider } from '../../ports/provider.ts';
import { codexCapabilities, sharedServerCapabilities } from './capabilities.ts';
import { describeCodex } from './describe.ts';
import { checkOptions, type CodexNative, type CodexOptions } from './options.ts';
import { runCodex } from './run.ts';
import { createServerPool } from './server-pool.ts';

/**
 * Codex as a provider, driven through its `codex app-server`. Throws `unknown_option` and `invalid_input` for options
 * that are not right. With `shareServer` it is to be disposed of, which ends the server.
 */
export function codex(options: CodexOptions = {}): Provider<CodexNative> & AsyncDisposable {
  const checked = checkOptions(options);
  const pool = checked.shareServer === true ? createServerPool() : undefined;
  const capabilities = pool === undefined ? codexCapabilities : sharedServerCapabilities;
  return {
    name: 'codex',
    capabilities,
    describe: ({ signal } = {}) => describeCodex(checked, capabilities, signal),
    run: (request, host) => runCodex(checked, pool, request, host),
    [Symbol.asyncDispose]: async () => await pool?.[Symbol.asyncDispose](),
  };
}
