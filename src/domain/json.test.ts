import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, toJson, type JsonValue } from './json.ts';

describe('toJson', () => {
  test.each<[string, unknown, JsonValue]>([
    ['undefined', undefined, null],
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['a bigint', 2n ** 64n, '[bigint]'],
    ['a symbol', Symbol('s'), '[symbol]'],
    ['a function', () => 1, '[function]'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', new Date(Number.NaN), 'Invalid Date'],
    ['undefined fields', { a: undefined, b: 1 }, { b: 1 }],
    ['undefined items', [undefined, 1], [null, 1]],
    ['a map', new Map([['a', 1]]), {}],
    ['a lone surrogate', '\uD800', '\uD800'],
  ])('%s', (_name, value, json) => expect(toJson(value)).toEqual(json));

  test('a cycle is named, a value that occurs twice is not a cycle', () => {
    const cycle: Record<string, unknown> = { list: [] };
    cycle['self'] = cycle;
    cycle['list'] = [cycle];
    expect(toJson(cycle)).toEqual({ self: '[circular]', list: ['[circular]'] });
    const shared = { a: 1 };
    expect(toJson([shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
  });
  test('a field stays data where what is inherited would take it or refuse it', () => {
    Object.defineProperty(Object.prototype, 'taken', { set() {}, configurable: true });
    Object.defineProperty(Object.prototype, 'frozen', { value: 0, configurable: true });
    try {
      const json = toJson(JSON.parse('{"taken":1,"frozen":2}'));
      expect(JSON.stringify(json)).toBe('{"taken":1,"frozen":2}');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'taken');
      Reflect.deleteProperty(Object.prototype, 'frozen');
    }
  });
  test('an own __proto__ stays data', () => {
    const json = toJson(JSON.parse('{"__proto__":{"admin":true},"constructor":1}'));
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
    expect(JSON.stringify(json)).toBe('{"__proto__":{"admin":true},"constructor":1}');
    expect(Reflect.get(Object(json), 'admin')).toBeUndefined();
  });
  test('what is nested too deep is named and the rest kept', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const text = JSON.stringify(toJson({ deep, beside: 1 }));
    expect(text).toContain('"[too deep]"');
    expect(text).toContain('"beside":1');
    expect(text).not.toContain('bottom');
  });
  test('holes of a sparse array are null', () => {
    const sparse: unknown[] = [];
    sparse[2] = 'x';
    expect(toJson(sparse)).toEqual([null, null, 'x']);
    expect(JSON.stringify(toJson(sparse))).toBe('[null,null,"x"]');
  });
  test('getters and proxies that throw are named', () => {
    const hostile = {
      get trap(): string {
        throw new Error('sprung');
      },
      fine: 1,
    };
    expect(toJson({ hostile, beside: 1 })).toEqual({ hostile: '[unreadable]', beside: 1 });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(toJson([revoked.proxy])).toEqual(['[unreadable]']);
  });
  test('JSON stays as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(JSON.stringify(toJson(value))).toBe(JSON.stringify(value));
      }),
    );
  });
  test('anything becomes what JSON keeps', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true });
    fc.assert(
      fc.property(anything, (value) => {
        const json = toJson(value);
        const text = JSON.stringify(json);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

test('isJsonObject takes objects only', () => {
  expect([{}, [], null, 'a', 1].map((value) => isJsonObject(value))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
