import type { ProviderDescription } from '../ports/provider.ts';

/** How an installed version stands to those that this library is tested with. */
export type VersionStanding = 'tested' | 'older' | 'newer';

/** A description that also says how the agent's version stands to the tested ones, where both are known. */
export type RemarkedDescription = ProviderDescription & {
  readonly agent: { readonly standing?: VersionStanding };
};

/** Compares the agent's version with the tested ones; another one is remarked upon in the advice. */
export function remarkOnVersion(description: ProviderDescription): RemarkedDescription {
  const { version, tested, advice } = description.agent;
  if (version === undefined || tested === undefined) return description;
  const standing = standingOf(version, tested);
  if (standing === 'tested') return { ...description, agent: { ...description.agent, standing } };
  const range = tested.from === tested.to ? tested.from : `${tested.from} to ${tested.to}`;
  const remark = `Version ${version} is ${standing} than what is tested (${range}). If something goes wrong, try one that is.`;
  return {
    ...description,
    agent: {
      ...description.agent,
      standing,
      advice: advice === undefined ? remark : `${advice} ${remark}`,
    },
  };
}

function standingOf(
  version: string,
  tested: { readonly from: string; readonly to: string },
): VersionStanding {
  if (compareVersions(version, tested.from) < 0) return 'older';
  return compareVersions(version, tested.to) > 0 ? 'newer' : 'tested';
}

/** Compares the numbers of two versions; what follows them, such as a commit, doesn't count. */
function compareVersions(left: string, right: string): number {
  const [one, other] = [left, right].map((version) =>
    /\d+(\.\d+)*/.exec(version)?.[0].split('.').map(Number),
  );
  const length = Math.max(one?.length ?? 0, other?.length ?? 0);
  for (let place = 0; place < length; place++) {
    const difference = (one?.[place] ?? 0) - (other?.[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
