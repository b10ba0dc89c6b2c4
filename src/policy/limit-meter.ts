import type { PolicyLimitName } from '../domain/policy-report.ts';
import type { LimitInForce } from './policy-stack.ts';

/** A limit that is exceeded, and by which figure. */
export interface ExceededLimit {
  readonly limit: LimitInForce;
  readonly actual: number;
}

/** Holds the figures of a run against limits; each limit is told once. */
export class LimitMeter {
  readonly #open: Map<PolicyLimitName, LimitInForce[]>;

  constructor(limits: readonly LimitInForce[]) {
    this.#open = new Map();
    for (const limit of limits) this.#open.set(limit.limit, [...(this.#open.get(limit.limit) ?? []), limit]);
  }

  /** The limit was told before. */
  told(policy: string, name: string): void {
    for (const [limit, open] of this.#open)
      if (limit === name)
        this.#open.set(
          limit,
          open.filter((one) => one.policy !== policy),
        );
  }

  /** Takes a figure in its last state, not what was added to it; gives the limits that it exceeds for the first time. */
  see(name: PolicyLimitName, actual: number): readonly ExceededLimit[] {
    const open = this.#open.get(name);
    if (open === undefined || !open.some(({ most }) => actual > most)) return [];
    this.#open.set(
      name,
      open.filter(({ most }) => actual <= most),
    );
    return open.filter(({ most }) => actual > most).map((limit) => ({ limit, actual }));
  }
}
