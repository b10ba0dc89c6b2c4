import type { Provider } from '../../ports/provider.ts';
import { claudeCapabilities } from './capabilities.ts';
import { describeClaude } from './describe.ts';
import { checkNative, checkOptions, type ClaudeNative, type ClaudeOptions } from './options.ts';
import { runClaude } from './run.ts';

/**
 * Claude Code as a provider, driven through `@anthropic-ai/claude-agent-sdk`, which is loaded when the
 * first run starts. Throws `unknown_option` and `invalid_input` for options that are not right.
 */
export function claude(options: ClaudeOptions = {}): Provider<ClaudeNative> {
  const checked = checkOptions(options);
  return {
    name: 'claude',
    capabilities: claudeCapabilities,
    describe: ({ signal } = {}) => describeClaude(checked, signal),
    checkNative: (native) => void checkNative(native),
    run: (request, host) => runClaude(checked, request, host),
  };
}
