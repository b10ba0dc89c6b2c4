/**
 * An exact amount of US dollars: a whole number of picodollars, of which a dollar has 10^12. The price
 * of a token is a whole number of them, as long as a million tokens cost whole millionths of a dollar.
 */
export type Money = bigint;

const decimals = 12;
const dollar = 10n ** BigInt(decimals);
const decimalNumber = /^(\d{1,18})(?:\.(\d{1,12}))?$/;

/** Reads a decimal number of dollars, such as `"0.01485"`; `undefined` for anything else. */
export function parseMoney(text: string): Money | undefined {
  const [, whole, fraction = ''] = decimalNumber.exec(text) ?? [];
  return whole === undefined ? undefined : BigInt(whole) * dollar + BigInt(fraction.padEnd(decimals, '0'));
}

/** Writes dollars as a decimal number without needless zeros. */
export function formatMoney(amount: Money): string {
  if (amount < 0n) return `-${formatMoney(-amount)}`;
  const fraction = String(amount % dollar)
    .padStart(decimals, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(amount / dollar) : `${amount / dollar}.${fraction}`;
}

/**
 * Reads a number of dollars. Binary fractions hardly ever hold what was meant (0.1 + 0.2), so it is
 * rounded to a billionth. `undefined` for what is no amount: negative, not finite, or beyond 10^18.
 */
export function moneyFromNumber(dollars: number): Money | undefined {
  return dollars >= 0 && dollars < 1e18 ? parseMoney(dollars.toFixed(9)) : undefined;
}
