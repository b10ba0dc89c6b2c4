import { createEarlyAgents } from '../../ports/early-agents.ts';
import type { Provider } from '../../ports/provider.ts';
import { codexCapabilities, sharedServerCapabilities } from './capabilities.ts';
import { describeCodex } from './describe.ts';
import { checkNative, checkOptions, type CodexNative, type CodexOptions } from './options.ts';
import { createOwnConfigurations } from './own-configuration.ts';
import { leaseServer, runCodex } from './run.ts';
import { createServerPool } from './server-pool.ts';
import { createSessionServers } from './session-servers.ts';

/**
 * Codex as a provider, driven through its `codex app-server`. Throws `unknown_option` and `invalid_input` for options
 * that are not right. It is to be disposed of, which ends the servers that wait for other runs.
 */
export function codex(options: CodexOptions = {}): Provider<CodexNative> & AsyncDisposable {
  const checked = checkOptions(options);
  const isShared = checked.shareServer === true;
  const servers = isShared
    ? createServerPool(checked.serverIdleTime)
    : createSessionServers(checked.serverIdleTime);
  const ownConfigurations = createOwnConfigurations();
  const early = createEarlyAgents(
    (start, signal) => leaseServer({ options: checked, servers, ownConfigurations }, start, signal),
    async (lease) => await lease.release(false),
  );
  const capabilities = isShared ? sharedServerCapabilities : codexCapabilities;
  return {
    name: 'codex',
    capabilities,
    describe: ({ signal } = {}) => describeCodex(checked, capabilities, signal),
    checkNative: (native) => void checkNative(native),
    run: (request, host) => runCodex({ options: checked, servers, ownConfigurations, early }, request, host),
    // Of another program nobody knows what it does before it is told something.
    startEarly: (start) => (isShared || checked.executable !== undefined ? undefined : early.start(start)),
    endSession: (id) => servers.endSession(id),
    [Symbol.asyncDispose]: async () => await servers[Symbol.asyncDispose](),
  };
}
