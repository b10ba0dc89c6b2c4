import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelServer } from './model-server.ts';

export interface CodexEnvironmentOptions {
  /** Absolute path of an existing folder that Codex uses as home and temporary folder; `.codex` is made in it. */
  readonly home: string;
  /** Where programs are looked for. Default: ours. */
  readonly path?: string;
  /** Default `gpt-5.5`, which has the classic tools. */
  readonly model?: string;
  /** How often Codex asks the model again after a failure, and after a broken stream. Default 1. */
  readonly retries?: number;
  /** Lines that are added to the configuration file, as TOML. */
  readonly configuration?: readonly string[];
}

/**
 * The whole environment for a Codex that asks a scripted model server and nobody else. Writes its
 * configuration file: with it the program makes no attempt to reach any other address.
 */
export function codexEnvironment(
  server: Pick<ModelServer, 'url'>,
  options: CodexEnvironmentOptions,
): { readonly [name: string]: string } {
  const configurationFolder = path.join(options.home, '.codex');
  // Codex makes no helper programs in a configuration folder under the temporary folder, so that is beside it.
  const temporary = path.join(options.home, 'tmp');
  mkdirSync(configurationFolder, { recursive: true });
  mkdirSync(temporary, { recursive: true });
  writeFileSync(path.join(configurationFolder, 'config.toml'), configuration(server.url, options));
  return {
    PATH: options.path ?? process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: options.home,
    CODEX_HOME: configurationFolder,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    SCRIPTED_KEY: 'scripted',
    RUST_LOG: 'error',
  };
}

function configuration(url: string, options: CodexEnvironmentOptions): string {
  const retries = options.retries ?? 1;
  return [
    `model = ${JSON.stringify(options.model ?? 'gpt-5.5')}`,
    'model_provider = "scripted"',
    'check_for_update_on_startup = false',
    ...(options.configuration ?? []),
    '[model_providers.scripted]',
    'name = "scripted"',
    `base_url = ${JSON.stringify(`${url}/v1`)}`,
    'wire_api = "responses"',
    'env_key = "SCRIPTED_KEY"',
    `request_max_retries = ${retries}`,
    `stream_max_retries = ${retries}`,
    '[features]',
    'plugins = false',
    'apps = false',
    '[analytics]',
    'enabled = false',
    '',
  ].join('\n');
}
