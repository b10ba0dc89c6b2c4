/** The name that is most like what was written, if any is like it at all: for "did you mean". */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const plainWritten = plain(written);
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(plainWritten.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(plainWritten, plain(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** A sentence, with a space before it, that asks whether the nearest name was meant; empty if none is near. */
export function didYouMean(written: string, names: readonly string[]): string {
  const nearest = nearestName(written, names);
  return nearest === undefined ? '' : ` Did you mean ${JSON.stringify(nearest)}?`;
}

/** Names of one meaning in other spellings (`maxTurns`, `max_turns`, `max-turns`) are equal. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, '');
}

/** How many characters must be changed, added or removed (Levenshtein). */
function editDistance(first: string, second: string): number {
  let row = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (const [line, character] of [...first].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...second].entries()) {
      const substituted = (row[column] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(substituted, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
