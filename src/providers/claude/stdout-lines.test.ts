import { expect, it } from 'vitest';
import { createOutputValve } from './output-valve.ts';
import { createStdoutLines } from './stdout-lines.ts';

function linesWith(valve = createOutputValve()): {
  readonly stream: ReturnType<typeof createStdoutLines>;
  readonly passed: () => string;
  readonly foreign: string[];
} {
  const foreign: string[] = [];
  let passed = '';
  const stream = createStdoutLines({
    valve,
    onForeign: (line) => foreign.push(line),
    onTooLong: () => undefined,
  });
  stream.on('data', (piece: Buffer) => (passed += piece.toString()));
  return { stream, passed: () => passed, foreign };
}

it('passes objects on, however they were cut, and reports other lines', async () => {
  const { stream, passed, foreign } = linesWith();
  for (const piece of ['{"a"', ':1}\nno', 'ise\n\n{"b":2}', '\n{"c":3}']) stream.write(piece);
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  expect(passed()).toBe('{"a":1}\n{"b":2}\n{"c":3}');
  expect(foreign).toEqual(['noise']);
});

it('takes nothing more while 16 MiB wait, until they were read', async () => {
  const valve = createOutputValve();
  const { stream, passed } = linesWith(valve);
  const line = `{"text":"${'x'.repeat(1024 * 1024)}"}\n`;
  let taken = 0;
  for (let count = 0; count < 20; count++) stream.write(line, () => (taken += 1));
  await expect.poll(() => taken).toBe(15);
  expect(passed().length).toBe(16 * line.length);
  valve.open();
  await expect.poll(() => taken).toBe(20);
  expect(passed().length).toBe(20 * line.length);
});
