import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AsmError } from '../../domain/error.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderDescription } from '../../ports/provider.ts';
import { dataFolder } from './environment.ts';
import { fieldOf } from '../../domain/json-field.ts';

type SignedIn = ProviderDescription['signedIn'];

/** Whether Amp has a key: in a variable, or in its file of secrets. The system's key store isn't looked into. */
export async function signedIn(
  environment: Readonly<Record<string, string | undefined>>,
  ownSettings: JsonObject,
): Promise<SignedIn> {
  if ((environment['AMP_API_KEY'] ?? '') !== '') return 'yes';
  if (fieldOf(ownSettings, 'amp.experimental.cli.nativeSecretsStorage.enabled') === true) return 'unknown';
  try {
    const secrets: unknown = JSON.parse(
      await readFile(join(dataFolder(environment), 'secrets.json'), 'utf8'),
    );
    if (!isJsonObject(secrets)) return 'unknown';
    const keys = Object.entries(secrets).filter(([name]) => name.startsWith('apiKey@'));
    return keys.some(([, key]) => typeof key === 'string' && key !== '') ? 'yes' : 'no';
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT' ? 'no' : 'unknown';
  }
}

/** What a run without sign-in fails with. Amp itself would open a browser and wait. */
export function notSignedIn(): AsmError {
  return new AsmError(
    'authentication_failed',
    'Amp is not signed in. Sign in with `amp login`, or set AMP_API_KEY.',
    { provider: { provider: 'amp', kind: 'no_key' } },
  );
}
