import { access, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JsonObject, JsonValue } from '../../domain/json.ts';

/**
 * Codex's word on whether a project is trusted, for its folder and the repository around it. It is always said: a project of which nothing is said
 * becomes a trusted one as soon as its sandbox may be written, and then its servers, hooks and rules run
 * before anybody is asked. What lies around the folder is decided by the same word, so that neither the
 * root of a repository nor an entry in the user's own file opens it.
 */
export async function projectTrust(cwd: string, trusted: boolean): Promise<JsonObject> {
  const real = await realpath(cwd).catch(() => cwd);
  const entry = { trust_level: trusted ? 'trusted' : 'untrusted' };
  const folders = [...withParents(cwd), ...withParents(real)];
  const entries: Record<string, JsonValue> = {};
  for (const folder of folders) {
    if (!trusted || folder === cwd || folder === real || (await isRepository(folder)))
      entries[folder] = entry;
  }
  return entries;
}

async function isRepository(folder: string): Promise<boolean> {
  return await access(join(folder, '.git')).then(
    () => true,
    () => false,
  );
}

function withParents(folder: string): readonly string[] {
  const folders = [folder];
  for (let at = folder; dirname(at) !== at;) {
    at = dirname(at);
    folders.push(at);
  }
  return folders;
}
