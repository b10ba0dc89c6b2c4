import { describe, expect, it } from 'vitest';
import { toJson } from '../domain/json.ts';
import { checkLoopOptions, loopSettings, storedLoopOptions } from './loop-options.ts';
import { checkWatchdogOptions, storedWatchdogOptions, watchdogSettings } from './watchdog-options.ts';

/** As a caller without types gives them. */
function parsed<Options>(json: string): Options {
  return JSON.parse(json);
}

const unclear = { code: 'invalid_input' };

describe('options of the watchdog', () => {
  it.each([
    ['{"after":0}'],
    ['{"after":-1}'],
    ['{"after":1.5}'],
    ['{"after":"60"}'],
    ['{"after":1e15}'],
    ['{"inTool":0}'],
    ['{"interruptAfter":-1}'],
    ['{"cancelAfter":null}'],
    ['{"nudge":{"text":" "}}'],
    ['{"nudge":"Go on."}'],
    ['{"nudge":{}}'],
    ['{"nudge":{"text":"x","times":0}}'],
    ['{"nudge":{"text":"x","times":"2"}}'],
    ['{"nudge":null}'],
    ['{"interruptAfter":5,"cancelAfter":5}'],
    ['[]'],
    ['null'],
    ['true'],
  ])('refuses %s', (json) => {
    expect(() => checkWatchdogOptions(parsed(json))).toThrow(expect.objectContaining(unclear));
  });

  it('refuses times that are no numbers', () => {
    for (const after of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => checkWatchdogOptions({ after })).toThrow(expect.objectContaining(unclear));
  });

  it('says which name was meant', () => {
    expect(() => checkWatchdogOptions(parsed('{"interuptAfter":5}'))).toThrow(
      /Did you mean "interruptAfter"/,
    );
    expect(() => checkWatchdogOptions(parsed('{"nudge":{"txt":"x"}}'))).toThrow(/Did you mean "text"/);
  });

  it('takes each option from whoever gave it last', () => {
    expect(watchdogSettings(0, { after: 5, inTool: 7 }, { after: 6 })).toEqual({ after: 6, inTool: 7 });
    expect(watchdogSettings(0, { after: 5 }, parsed('{}'))).toEqual({ after: 5 });
  });

  it('refuses options that contradict each other only together', () => {
    expect(() => watchdogSettings(0, { interruptAfter: 10 }, { cancelAfter: 5 })).toThrow(
      expect.objectContaining(unclear),
    );
  });

  it('keeps within the idle limit, or is refused', () => {
    expect(watchdogSettings(600_000).after).toBe(300_000);
    expect(watchdogSettings(10_000).after).toBe(5_000);
    expect(watchdogSettings(0).after).toBe(300_000);
    expect(() => watchdogSettings(10_000, { after: 10_000 })).toThrow(/idle limit/);
    expect(() => watchdogSettings(10_000, { after: 6_000, cancelAfter: 4_000 })).toThrow(/idle limit/);
    expect(watchdogSettings(10_000, { after: 6_000, cancelAfter: 3_999 }).after).toBe(6_000);
  });

  it.each([
    [{}],
    [{ after: 5, inTool: 6, nudge: { text: 'x', times: 2 }, interruptAfter: 7, cancelAfter: 8 }],
    [false],
  ] as const)('come back from the store: %j', (options) => {
    expect(storedWatchdogOptions(toJson(options))).toEqual(options);
  });
});

describe('options of the loop detector', () => {
  it.each([
    ['{"action":"stop"}'],
    ['{"sameCall":1}'],
    ['{"sameCall":-2}'],
    ['{"sameError":2.5}'],
    ['{"cycle":10001}'],
    ['{"cycle":null}'],
    ['"warn"'],
    ['null'],
  ])('refuses %s', (json) => {
    expect(() => checkLoopOptions(parsed(json))).toThrow(expect.objectContaining(unclear));
  });

  it('says which name was meant', () => {
    expect(() => checkLoopOptions(parsed('{"samecalls":5}'))).toThrow(/Did you mean "sameCall"/);
  });

  it('takes each option from whoever gave it last, and the defaults else', () => {
    expect(loopSettings({ action: 'cancel', cycle: 0 }, { sameCall: 9 })).toEqual({
      action: 'cancel',
      sameCall: 9,
      sameError: 5,
      cycle: 0,
    });
  });

  it.each([[{}], [{ action: 'cancel', sameCall: 3, sameError: 0, cycle: 2 }], [false]] as const)(
    'come back from the store: %j',
    (options) => {
      expect(storedLoopOptions(toJson(options))).toEqual(options);
    },
  );
});
