import type { Provider } from '../ports/provider.ts';
import { acpPresets } from '../providers/acp/presets.ts';

/** How each provider of the command line is loaded: its code alone, since most of them are not wanted. */
const loaders: ReadonlyMap<string, () => Promise<Provider>> = new Map<string, () => Promise<Provider>>([
  ['claude', async () => (await import('../providers/claude/index.ts')).claude()],
  ['codex', async () => (await import('../providers/codex/index.ts')).codex()],
  ['amp', async () => (await import('../providers/amp/index.ts')).amp()],
  ...Object.keys(acpPresets)
    .filter(isPreset)
    .map((preset) => [preset, async () => await loadAcp(preset)] as const),
  ['shell', async () => (await import('../providers/shell/index.ts')).shell()],
]);

/** Their names. */
export const providerNames: readonly string[] = [...loaders.keys()];

/** All providers of the command line: the agents that it knows, those that speak ACP by their presets' names. */
export async function allProviders(): Promise<readonly Provider[]> {
  return await Promise.all([...loaders.values()].map(async (load) => await load()));
}

/** What a manager needs for runs on this provider; all of them for an unknown name, so that it can say which there are. */
export async function providersFor(name: string): Promise<readonly Provider[]> {
  const load = loaders.get(name);
  return load === undefined ? await allProviders() : [await load()];
}

async function loadAcp(preset: keyof typeof acpPresets): Promise<Provider> {
  const { acp } = await import('../providers/acp/index.ts');
  return acp({ preset });
}

function isPreset(name: string): name is keyof typeof acpPresets {
  return Object.hasOwn(acpPresets, name);
}
