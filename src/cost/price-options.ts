import { AsmError } from '../domain/error.ts';
import { parseMoney } from '../domain/money.ts';
import type { ModelPrice } from './model-price.ts';
import { assertOptionNames } from '../domain/option-names.ts';

/** A model's price as a caller gives it: US dollars for a million tokens, as text or number. */
export type PriceOverride = { readonly [Field in keyof ModelPrice]: string | number };

/** Prices of the caller's own. */
export interface PriceOptions {
  /** By the model's name, without a date or with one. They go before those of the built-in price book. */
  readonly models?: { readonly [model: string]: PriceOverride };
  /**
   * The model whose prices are taken for tokens of an agent that doesn't say which model it used, by the
   * provider's name. Without it they are unpriced.
   */
  readonly unnamed?: { readonly [provider: string]: string };
}

const priceFields = ['input', 'cacheRead', 'cacheWrite', 'longCacheWrite', 'output'] as const;

/** A million tokens cost whole millionths of a dollar, so that one token costs whole picodollars. */
const smallestPrice = 1_000_000n;

/** Throws `invalid_input` or `unknown_option` for what can't be used. */
export function checkPriceOptions(options: PriceOptions): void {
  assertObject('`prices`', options);
  assertOptionNames('`prices`', options, ['models', 'unnamed']);
  const { models = {}, unnamed = {} } = options;
  assertObject('`prices.models`', models);
  assertObject('`prices.unnamed`', unnamed);
  for (const [model, price] of Object.entries(models)) {
    if (model.trim() === '') throw new AsmError('invalid_input', 'A price is for a model with a name.');
    checkPrice(`The price of ${model}`, price);
  }
  for (const [provider, model] of Object.entries(unnamed)) {
    const name: unknown = model;
    if (typeof name === 'string' && name !== '') continue;
    throw new AsmError('invalid_input', `\`prices.unnamed.${provider}\` is the name of a model.`);
  }
}

/** The text of a price that was given as text or number. */
export function priceText(price: string | number): string {
  return typeof price === 'string' ? price : plainNumber(price);
}

function checkPrice(what: string, price: PriceOverride): void {
  assertObject(what, price);
  assertOptionNames(what, price, priceFields);
  for (const field of priceFields) {
    const given: unknown = price[field];
    if (given === undefined && field !== 'input' && field !== 'output') continue;
    const text = typeof given === 'string' || typeof given === 'number' ? priceText(given) : '';
    const amount = parseMoney(text);
    if (amount !== undefined && amount % smallestPrice === 0n) continue;
    const found = given === undefined ? `no ${field}` : `the ${field} ${JSON.stringify(given)}`;
    throw new AsmError(
      'invalid_input',
      `${what} has ${found}; each is US dollars for a million tokens, from 0, with at most 6 decimals, such as "1.25".`,
    );
  }
}

/** A number without an exponent; text that is no price stays what it is. */
function plainNumber(price: number): string {
  return /e/.test(String(price)) ? price.toFixed(12) : String(price);
}

function assertObject(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new AsmError('invalid_input', `${what} is an object, not ${value === null ? 'null' : typeof value}.`);
}
