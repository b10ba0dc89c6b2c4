import { nextTurn } from './loop-fairness.ts';

/** The first rows that one look covers, and the most: about a millisecond's work. */
const firstWindow = 512;
const largestWindow = 4096;

/** The numbers from `lowest` to `highest`, looked at from one end. */
export interface ScanRange {
  readonly lowest: number;
  readonly highest: number;
  readonly descending: boolean;
}

/**
 * Collects up to `wanted` rows from a range of which few may match, in windows, so that a long look
 * doesn't hold the event loop: between two windows the loop turns. `read` gives the matching rows of a
 * window in the scan's order, at most `limit`. It may throw, as may `check`, called after each turn.
 */
export async function scanWindows<Row>(
  range: ScanRange,
  wanted: number,
  read: (lowest: number, highest: number, limit: number) => Promise<readonly Row[]>,
  check: () => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  let { lowest, highest } = range;
  for (let size = firstWindow; lowest <= highest; size = Math.min(size * 2, largestWindow)) {
    const bottom = range.descending ? Math.max(lowest, highest - size + 1) : lowest;
    const top = range.descending ? highest : Math.min(highest, lowest + size - 1);
    rows.push(...(await read(bottom, top, wanted - rows.length)));
    if (rows.length >= wanted) break;
    if (range.descending) highest = bottom - 1;
    else lowest = top + 1;
    if (lowest > highest) break;
    await nextTurn();
    check();
  }
  return rows;
}
