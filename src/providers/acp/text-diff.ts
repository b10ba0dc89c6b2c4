/** Longest diff that is passed on, in characters. */
const maximumDiff = 256 * 1024;

/** Lines that are kept around a change. */
const contextLines = 3;

/**
 * A unified diff with one hunk: all from the first line that differs to the last. `firstLine` is the
 * number of the texts' first line in the file, since agents often show only the part around a change.
 */
export function textDiff(
  path: string,
  before: string | undefined,
  after: string,
  firstLine = 1,
): string | undefined {
  const [old, now] = [lines(before ?? ''), lines(after)];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same++;
  let tail = 0;
  while (
    tail < old.length - same &&
    tail < now.length - same &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++;
  if (same === old.length && same === now.length) return undefined;
  const start = Math.max(0, same - contextLines);
  const rest = Math.max(0, tail - contextLines);
  const hunk = [
    ...old.slice(start, same).map((line) => ` ${line}`),
    ...old.slice(same, old.length - tail).map((line) => `-${line}`),
    ...now.slice(same, now.length - tail).map((line) => `+${line}`),
    ...old.slice(old.length - tail, old.length - rest).map((line) => ` ${line}`),
  ];
  const place = (all: readonly string[]): string => {
    const count = all.length - rest - start;
    return `${count === 0 ? start : start + firstLine},${count}`;
  };
  const head = `--- ${before === undefined ? '/dev/null' : path}\n+++ ${path}\n`;
  const diff = `${head}@@ -${place(old)} +${place(now)} @@\n${hunk.join('\n')}\n`;
  return diff.length <= maximumDiff ? diff : diff.slice(0, maximumDiff);
}

/** The lines of a text; an end of the last line makes no further one. */
function lines(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
