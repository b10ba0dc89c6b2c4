import type { FollowerGroup } from './follower-group.ts';

/** What a stretch of commits at a steady pace came to. */
export interface PacedCommits {
  readonly commits: number;
  /** Processor time over wall time. */
  readonly cores: number;
}

/** Commits one event after the other at a steady pace, and waits until every follower has all of them. */
export async function commitAtPace(
  group: FollowerGroup,
  { eventsPerSecond, seconds }: { readonly eventsPerSecond: number; readonly seconds: number },
  commit: () => Promise<unknown>,
): Promise<PacedCommits> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const commits: Promise<unknown>[] = [];
  while (performance.now() - start < seconds * 1000) {
    // Late after a long turn of the loop, those that are due go at once, as from several writers.
    const due = Math.floor(((performance.now() - start) / 1000) * eventsPerSecond) + 1;
    while (commits.length < due) {
      group.sent(performance.now());
      commits.push(commit());
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(commits);
  await group.received(commits.length);
  const { user, system } = process.cpuUsage(cpu);
  return { commits: commits.length, cores: (user + system) / 1000 / (performance.now() - start) };
}
