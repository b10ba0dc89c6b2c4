const units: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 60 * 60_000,
  d: 24 * 60 * 60_000,
};

const named: Readonly<Record<string, string>> = { minute: '1m', hour: '1h', day: '1d', week: '7d' };

/** Reads a length of time, as `30m`, `2h`, `7d` or `day`; milliseconds, `undefined` for anything else. */
export function spanOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(named[text] ?? text) ?? [];
  const length = units[unit];
  if (count === undefined || length === undefined || Number(count) === 0) return undefined;
  return Number(count) * length;
}
