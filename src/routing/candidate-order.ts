import type { Candidate } from './candidate.ts';

export const routingStrategies = ['priority', 'round_robin', 'weighted'] as const;
/**
 * Whom a run goes to. `priority`: always the first that may be asked. `round_robin`: each in its turn.
 * `weighted`: in proportion to the weights, spread as evenly as it goes.
 */
export type RoutingStrategy = (typeof routingStrategies)[number];

/** Orders candidates for one run after another. */
export class CandidateOrder {
  readonly #strategy: RoutingStrategy;
  #turn = 0;

  constructor(strategy: RoutingStrategy) {
    this.#strategy = strategy;
  }

  /** The candidates, best first. Counts as one choice: the next call may order them otherwise. */
  next(candidates: readonly Candidate[]): readonly Candidate[] {
    const byPriority = candidates.toSorted((first, second) => first.priority - second.priority);
    switch (this.#strategy) {
      case 'priority':
        return byPriority;
      case 'round_robin': {
        const start = this.#turn++ % Math.max(1, byPriority.length);
        return [...byPriority.slice(start), ...byPriority.slice(0, start)];
      }
      case 'weighted':
        return weighted(byPriority);
    }
  }
}

/** Smooth weighted turns: each is credited its weight, and who is owed most pays the sum of all. */
function weighted(candidates: readonly Candidate[]): readonly Candidate[] {
  const sum = candidates.reduce((total, { weight }) => total + weight, 0);
  for (const candidate of candidates) candidate.credit += candidate.weight;
  const ordered = candidates.toSorted((first, second) => second.credit - first.credit);
  const [chosen] = ordered;
  if (chosen !== undefined) chosen.credit -= sum;
  return ordered;
}
