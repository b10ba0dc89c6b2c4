import path from 'node:path';
import { compileCache } from './compile-cache.ts';
import type { ModelServer } from './model-server.ts';

export interface AmpEnvironmentOptions {
  /** Absolute path of an existing folder that Amp uses as home and for its settings, threads and logs. */
  readonly home: string;
  /** Where programs are looked for. Default: ours. */
  readonly path?: string;
}

/**
 * The whole environment for an Amp that asks a scripted model server and nobody else: with it the program
 * makes no attempt to reach any other address, nor to update itself.
 */
export function ampEnvironment(
  server: Pick<ModelServer, 'url'>,
  options: AmpEnvironmentOptions,
): { readonly [name: string]: string } {
  return {
    PATH: options.path ?? process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: options.home,
    XDG_CONFIG_HOME: path.join(options.home, '.config'),
    XDG_DATA_HOME: path.join(options.home, '.data'),
    XDG_CACHE_HOME: path.join(options.home, '.cache'),
    TMPDIR: options.home,
    LANG: 'C.UTF-8',
    AMP_URL: server.url,
    AMP_API_KEY: 'sgamp_user_scripted',
    AMP_SKIP_UPDATE_CHECK: '1',
    ...compileCache(),
  };
}
