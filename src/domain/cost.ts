/** Who says what a run cost. */
export const costSources = ['provider'] as const;

/**
 * Money spent on a run so far. `usd` is a decimal number as text (`"0.01485"`), exact to the digit
 * that the source gave, since binary floating point can't hold cents.
 */
export interface Cost {
  readonly usd: string;
  readonly source: (typeof costSources)[number];
}

const nanoDollars = 1_000_000_000;

/** Reads an amount that a provider gave as a number of US dollars; rounds to a billionth. */
export function costFromProvider(usd: number): Cost | undefined {
  if (!Number.isFinite(usd) || usd < 0) return undefined;
  return { usd: formatDollars(Math.round(usd * nanoDollars)), source: 'provider' };
}

/** The sum of two costs, exact to a billionth. */
export function addCost(first: Cost | undefined, second: Cost | undefined): Cost | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return { usd: formatDollars(nanosOf(first) + nanosOf(second)), source: first.source };
}

function nanosOf({ usd }: Cost): number {
  const [whole = '0', fraction = ''] = usd.split('.');
  return Number(whole) * nanoDollars + Number(fraction.padEnd(9, '0').slice(0, 9));
}

function formatDollars(nanos: number): string {
  const whole = Math.trunc(nanos / nanoDollars);
  const fraction = String(nanos % nanoDollars)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
