import { InvalidArgumentError } from 'commander';

/** Reads a whole number of at least `least`, and not above `most`. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `It is a whole number from ${least} on.`
        : `It is a whole number from ${least} to ${most}.`,
    );
  };
}

/** Reads a number of seconds, which may have a fraction. */
export function seconds(text: string): number {
  const value = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('It is a number of seconds above 0, such as 90 or 0.5.');
}

/**
 * Adds one more value of an option that may be given several times. Such an option takes one value each
 * time: if it took all words that follow, it would swallow the task behind it.
 */
export function another(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

/** The same for names, which may also be written in one word with commas between them. */
export function moreNames(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...text.split(',').map((name) => name.trim())];
}
