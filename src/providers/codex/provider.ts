import type { Provider } from '../../ports/provider.ts';
import { codexCapabilities, sharedCodexCapabilities } from './capabilities.ts';
import { describeCodex } from './describe.ts';
import { checkOptions, type CodexNative, type CodexOptions } from './options.ts';
import { runCodex } from './run.ts';
import { ServerPool } from './server-pool.ts';

/**
 * Codex as a provider, driven through the `codex app-server` of the package `@openai/codex`. Throws
 * `unknown_option` and `invalid_input` for options that are not right. With `shareServer` it holds a
 * program between runs, which the provider's disposal ends.
 */
export function codex(options: CodexOptions = {}): Provider<CodexNative> {
  const checked = checkOptions(options);
  const name = checked.name ?? 'codex';
  const pool = checked.shareServer === true ? new ServerPool() : undefined;
  const capabilities = pool === undefined ? codexCapabilities : sharedCodexCapabilities;
  return {
    name,
    capabilities,
    describe: ({ signal } = {}) =>
      describeCodex({ name, executable: checked.executable, capabilities }, signal),
    run: (request, host) => runCodex({ name, options: checked, pool }, request, host),
    ...(pool === undefined ? {} : { [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() }),
  };
}
