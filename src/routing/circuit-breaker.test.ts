import { describe, expect, it } from 'vitest';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

describe('a circuit breaker', () => {
  it('opens after failures in a row, and a success starts the count anew', () => {
    const breaker = new CircuitBreaker(createTestClock(), { failures: 3 });
    for (const ok of [false, false, true, false, false]) {
      expect(breaker.pass()).toBe(true);
      if (ok) breaker.succeeded();
      else breaker.failed();
    }
    expect(breaker.state).toBe('closed');
    breaker.failed();
    expect(breaker.state).toBe('open');
    expect(breaker.pass()).toBe(false);
  });

  it('lets a counted few try after its cooldown; one that fails opens it again', () => {
    const clock = createTestClock();
    const breaker = new CircuitBreaker(clock, { failures: 1, cooldown: 1_000, probes: 2 });
    breaker.failed();
    clock.advance(999);
    expect([breaker.state, breaker.opensIn]).toEqual(['open', 1]);
    clock.advance(1);
    expect(breaker.state).toBe('half_open');
    expect([breaker.pass(), breaker.pass(), breaker.pass()]).toEqual([true, true, false]);
    breaker.failed();
    expect([breaker.state, breaker.opensIn]).toEqual(['open', 1_000]);
    clock.advance(1_000);
    expect(breaker.pass()).toBe(true);
    breaker.succeeded();
    expect([breaker.state, breaker.pass(), breaker.pass()]).toEqual(['closed', true, true]);
  });

  it('counts nothing for an attempt that somebody stopped, and frees its place', () => {
    const clock = createTestClock();
    const breaker = new CircuitBreaker(clock, { failures: 1, cooldown: 10 });
    breaker.pass();
    breaker.withdrawn();
    expect(breaker.state).toBe('closed');
    breaker.failed();
    clock.advance(10);
    expect([breaker.pass(), breaker.pass()]).toEqual([true, false]);
    breaker.withdrawn();
    expect([breaker.state, breaker.pass()]).toEqual(['half_open', true]);
  });

  it.each([{ failures: 0 }, { failures: 1.5 }, { probes: 0 }, { cooldown: -1 }, { cooldown: Number.NaN }])(
    'refuses %j',
    (options) => {
      expect(() => new CircuitBreaker(createTestClock(), options)).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      );
    },
  );
});
