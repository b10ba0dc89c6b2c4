import { addSpend, nothingSpent, subtractSpend, type Spend } from './budget.ts';

/** Adds up what was spent: ever, or within a rolling window. */
export interface SpendAccount {
  /** `at`: when it was spent, wall time in milliseconds since 1970. May be negative, to correct a figure. */
  add(spend: Spend, at: number): void;
  spent(now: number): Spend;
}

/** Into so many slices a window is cut. */
const slices = 256;

/**
 * Makes an account. With a window its memory is bounded: spending is kept by slices of it, and counts until
 * its whole slice has left, so up to 1/256 of the window too long.
 */
export function createSpendAccount(window?: number): SpendAccount {
  let sum = nothingSpent;
  if (window === undefined) {
    return {
      add(spend) {
        sum = addSpend(sum, spend);
      },
      spent: () => sum,
    };
  }
  const length = Math.max(1, Math.ceil(window / slices));
  const bySlice = new Map<number, Spend>();
  return {
    add(spend, at) {
      const slice = Math.floor(at / length);
      bySlice.set(slice, addSpend(bySlice.get(slice) ?? nothingSpent, spend));
      sum = addSpend(sum, spend);
    },
    spent(now) {
      for (const [slice, spend] of bySlice) {
        if ((slice + 1) * length > now - window) continue;
        bySlice.delete(slice);
        sum = subtractSpend(sum, spend);
      }
      return sum;
    },
  };
}
