const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A length of time for people, in its two largest units: `250 ms`, `2.5 s`, `1 min 30 s`, `24 h`, `7 d`. */
export function timeWords(milliseconds: number): string {
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < minute - second / 20) return `${Math.round(milliseconds / 100) / 10} s`;
  const units = [...(milliseconds >= 2 * day ? [['d', day] as const] : []), ...smaller];
  const words: string[] = [];
  let left = Math.round(milliseconds / second) * second;
  for (const [unit, length] of units) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) words.push(`${count} ${unit}`);
    else if (words.length > 0) break;
  }
  return words.slice(0, 2).join(' ');
}

const smaller = [
  ['h', hour],
  ['min', minute],
  ['s', second],
] as const;
