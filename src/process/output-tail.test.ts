import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutputTail } from './output-tail.ts';

test('it is the end of the text, whatever the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary-ascii', maxLength: 40 })),
      fc.integer({ min: 1, max: 50 }),
      (parts, bound) => {
        const tail = createOutputTail(bound);
        for (const part of parts) tail.add(Buffer.from(part));
        expect(tail.text()).toBe(parts.join('').slice(-bound));
      },
    ),
  );
});

test('a character that the cut goes through is left out', () => {
  const tail = createOutputTail(4);
  tail.add(Buffer.from('aé€x'));
  expect(tail.text()).toBe('€x');
  tail.add(Buffer.from('yz'));
  expect(tail.text()).toBe('xyz');
});

test('a bound of zero keeps nothing', () => {
  const tail = createOutputTail(0);
  tail.add(Buffer.from('abc'));
  expect(tail.text()).toBe('');
});
