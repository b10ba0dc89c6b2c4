import type { Provider } from '../../ports/provider.ts';
import { ampCapabilities } from './capabilities.ts';
import { describeAmp } from './describe.ts';
import { checkNative, checkOptions, type AmpNative, type AmpOptions } from './options.ts';
import { runAmp } from './run.ts';

export { testedVersions } from './describe.ts';

/**
 * Amp as a provider. Its program comes with the package `@sourcegraph/amp-sdk`, or is named by the option
 * `executable`; it is found when the first run starts. Throws `unknown_option` and `invalid_input` for
 * options that are not right.
 */
export function amp(options: AmpOptions = {}): Provider<AmpNative> {
  const checked = checkOptions(options);
  return {
    name: 'amp',
    capabilities: ampCapabilities,
    describe: ({ signal } = {}) => describeAmp(checked, signal),
    checkNative: (native) => void checkNative(native),
    run: (request, host) => runAmp(checked, request, host),
  };
}
