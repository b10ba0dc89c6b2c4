import fastCheck from 'fast-check';
import { expect, it } from 'vitest';
import { createLineSplitter } from './line-splitter.ts';

it('gives the same lines, however their bytes were cut', () => {
  const text = fastCheck.array(fastCheck.string({ unit: 'grapheme' }).filter((line) => !line.includes('\n')));
  const property = fastCheck.property(text, fastCheck.integer({ min: 1, max: 7 }), (lines, size) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const splitter = createLineSplitter(1_000_000);
    const found: string[] = [];
    for (let start = 0; start < bytes.length; start += size)
      found.push(...splitter.split(bytes.subarray(start, start + size)));
    expect(found).toEqual(lines);
  });
  fastCheck.assert(property);
});

it('refuses a line that is too long before its end came, and takes one that just fits', () => {
  const splitter = createLineSplitter(4);
  expect([...splitter.split(Buffer.from('abcd\nab'))]).toEqual(['abcd']);
  expect([...splitter.split(Buffer.from('cd\nab'))]).toEqual(['abcd']);
  expect(() => [...splitter.split(Buffer.from('cde'))]).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  );
});

it.each([['abcde\n'], ['abc', 'de\n'], ['abcde', '\n']])(
  'refuses a line that is too long: %j, %j',
  (...pieces) => {
    const splitter = createLineSplitter(4);
    expect(() => pieces.flatMap((piece) => [...splitter.split(Buffer.from(piece))])).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  },
);

it('takes another limit from the next line on', () => {
  const splitter = createLineSplitter(2);
  const found: string[] = [];
  for (const line of splitter.split(Buffer.from('ab\nlong enough\n'))) {
    found.push(line);
    splitter.limit = 100;
  }
  expect(found).toEqual(['ab', 'long enough']);
});
