import type { Provider } from '../ports/provider.ts';
import type { AcpOptions } from '../providers/acp/options.ts';
import { acpPresets } from '../providers/acp/presets.ts';
import { namedAgents } from './acp-agents.ts';

type Loader = () => Promise<Provider>;

/** How each known provider is loaded: its code alone, since most of them are not wanted. */
const knownLoaders: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['claude', async () => (await import('../providers/claude/index.ts')).claude()],
  ['codex', async () => (await import('../providers/codex/index.ts')).codex()],
  ['amp', async () => (await import('../providers/amp/index.ts')).amp()],
  ...Object.keys(acpPresets)
    .filter(isPreset)
    .map((preset) => [preset, async () => await loadAcp({ preset })] as const),
  ['shell', async () => (await import('../providers/shell/index.ts')).shell()],
]);

/** The same with the agents that the person has named. */
function allLoaders(): ReadonlyMap<string, Loader> {
  const named = namedAgents([...knownLoaders.keys()]);
  return new Map([
    ...knownLoaders,
    ...named.map((agent) => [agent.name, async () => await loadAcp(agent)] as const),
  ]);
}

/** Names of the providers of the command line. */
export function providerNames(): readonly string[] {
  return [...allLoaders().keys()];
}

/**
 * All providers of the command line: the agents that it knows, those that speak ACP by their presets' names, and those of
 * `ASM_ACP_AGENTS`. Throws `invalid_input` for what is wrong there; so do the others.
 */
export async function allProviders(): Promise<readonly Provider[]> {
  return await Promise.all([...allLoaders().values()].map(async (load) => await load()));
}

/** What a manager needs for runs on this provider; all of them for an unknown name, so that it can say which there are. */
export async function providersFor(name: string): Promise<readonly Provider[]> {
  const load = allLoaders().get(name);
  return load === undefined ? await allProviders() : [await load()];
}

async function loadAcp(options: AcpOptions): Promise<Provider> {
  const { acp } = await import('../providers/acp/index.ts');
  return acp(options);
}

function isPreset(name: string): name is keyof typeof acpPresets {
  return Object.hasOwn(acpPresets, name);
}
