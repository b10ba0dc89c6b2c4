import path from 'node:path';
import { compileCache } from './compile-cache.ts';
import type { ModelServer } from './model-server.ts';

export interface ClaudeEnvironmentOptions {
  /** Absolute path of an existing folder that Claude Code uses as home, configuration and temporary folder. */
  readonly home: string;
  /** Where programs are looked for. Default: ours. */
  readonly path?: string;
  /** Default `claude-sonnet-4-5`. */
  readonly model?: string;
  /** How often Claude Code asks the model again after a failure. Default 1; its own default waits minutes. */
  readonly retries?: number;
}

/**
 * The whole environment for a Claude Code that asks a scripted model server and nobody else: with
 * it the program makes no attempt to reach any other address, nor to update itself.
 */
export function claudeEnvironment(
  server: Pick<ModelServer, 'url'>,
  options: ClaudeEnvironmentOptions,
): { readonly [name: string]: string } {
  return {
    PATH: options.path ?? process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: options.home,
    CLAUDE_CONFIG_DIR: path.join(options.home, '.claude'),
    TMPDIR: options.home,
    LANG: 'C.UTF-8',
    ANTHROPIC_BASE_URL: server.url,
    ANTHROPIC_API_KEY: 'scripted',
    ANTHROPIC_MODEL: options.model ?? 'claude-sonnet-4-5',
    CLAUDE_CODE_MAX_RETRIES: String(options.retries ?? 1),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    ...compileCache(),
  };
}
