import { expect, it } from 'vitest';
import { createForeignOutput } from './foreign-output.ts';

it('foreign lines are passed on as they come, up to 256, and the others counted', () => {
  const foreign = createForeignOutput();
  foreign.add('first');
  expect(foreign.take()).toMatchObject([{ type: 'unparsed', data: { raw: 'first' } }]);
  expect(foreign.take()).toEqual([]);
  for (let number = 2; number <= 300; number++) foreign.add(`line ${number}`);
  const rest = foreign.end();
  expect(rest.filter(({ type }) => type === 'unparsed')).toHaveLength(255);
  expect(rest.at(-2)).toMatchObject({ data: { raw: 'line 256' } });
  expect(rest.at(-1)).toMatchObject({
    type: 'warning_raised',
    data: { code: 'output_dropped', message: expect.stringContaining('300 lines') },
  });
});

it('foreign lines within the bound need no warning', () => {
  const foreign = createForeignOutput();
  for (let number = 1; number <= 256; number++) foreign.add('line');
  expect(foreign.end()).toHaveLength(256);
});
