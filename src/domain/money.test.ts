import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMoney, moneyFromNumber, parseMoney } from './money.ts';

const amount = fc.bigInt({ min: 0n, max: 10n ** 30n - 1n });

describe('an amount of dollars', () => {
  test('is what its text says, to the last digit', () =>
    fc.assert(
      fc.property(amount, (money) => {
        expect(parseMoney(formatMoney(money))).toBe(money);
      }),
    ));
  test('in any spelling is the same amount, and its own text has no needless zeros', () =>
    fc.assert(
      fc.property(fc.nat(), fc.stringMatching(/^\d{1,12}$/), (whole, fraction) => {
        const text = formatMoney(parseMoney(`${whole}.${fraction}`) ?? -1n);
        expect(text).not.toMatch(/\.\d*0$|\.$/);
        expect(Number(text)).toBeCloseTo(Number(`${whole}.${fraction}`), 6);
      }),
    ));
  test('adds up exactly, where binary fractions do not', () => {
    let sum = 0n;
    for (let count = 0; count < 10; count++) sum += parseMoney('0.1') ?? 0n;
    expect(formatMoney(sum)).toBe('1');
    expect(formatMoney((parseMoney('0.1') ?? 0n) + (parseMoney('0.2') ?? 0n))).toBe('0.3');
  });
  test.each(['', ' 1', '-1', '+1', '1.', '.5', '1e3', '0x1', '1,5', 'NaN', 'Infinity', '1.0000000000001'])(
    'is not written "%s"',
    (text) => expect(parseMoney(text)).toBeUndefined(),
  );
});

describe('a number of dollars', () => {
  test('is the decimal number that was meant, for any billionths', () =>
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000_000 }), (billionths) => {
        expect(moneyFromNumber(billionths / 1e9)).toBe(BigInt(billionths) * 1000n);
      }),
    ));
  test.each([-1, Number.NaN, Infinity, -Infinity, 1e18])('%d is none', (number) =>
    expect(moneyFromNumber(number)).toBeUndefined(),
  );
  test('a difference is negative', () => expect(formatMoney(-1_500_000_000_000n)).toBe('-1.5'));
});
