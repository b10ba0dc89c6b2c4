/** The longest silence that an agent may announce, in milliseconds. */
const longestSilence = 24 * 60 * 60_000;

/** What an agent says is not to be trusted: no number of it may stop a clock for good. */
export function announcedDelay(delay: unknown): number {
  return typeof delay === 'number' && delay > 0 ? Math.min(delay, longestSilence) : 0;
}
