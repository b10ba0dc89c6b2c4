import { describe, expect, it } from 'vitest';
import { randomSplit, randomText, secretMakers, seededRandom } from './random-text.fixture.ts';
import { createRedactor } from './redactor.ts';

const runs = 20_000;
/** The work is bounded, not the machine: it may be a busy one. */
const timeout = 900_000;
const firstSeed = 20_261_123;
const redactor = createRedactor();

interface Failure {
  readonly seed: number;
  readonly pieces: readonly string[];
  readonly expected: string;
  readonly actual: string;
}

/** The first of the random cases where a way to redact pieces gives another text than the whole does. */
function firstDifference(redactPieces: (pieces: readonly string[]) => string): Failure | undefined {
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const random = seededRandom(seed);
    const text = randomText(random);
    const pieces = randomSplit(random, text);
    const expected = redactor.text(text).text;
    const actual = redactPieces(pieces);
    if (actual !== expected) return { seed, pieces, expected, actual };
  }
  return undefined;
}

describe('redaction of random texts', { timeout }, () => {
  it('gives the same for every split as for the whole', () => {
    const failure = firstDifference((pieces) => {
      const stream = redactor.stream();
      let output = '';
      for (const piece of pieces) output += stream.push(piece);
      return output + stream.end();
    });
    expect(failure, JSON.stringify(failure)).toBeUndefined();
  });

  it('notices a redactor that looks at each piece alone', () => {
    expect(
      firstDifference((pieces) => pieces.map((piece) => redactor.text(piece).text).join('')),
    ).toBeDefined();
  });

  it('notices a redactor that forgets what stood to the left', () => {
    const failure = firstDifference((pieces) => {
      let output = '';
      for (const piece of pieces) {
        const stream = redactor.stream();
        output += stream.push(piece) + stream.end();
      }
      return output;
    });
    expect(failure).toBeDefined();
  });

  it('notices a redactor that gives up what it holds when nothing comes for a while', () => {
    const failure = firstDifference((pieces) => {
      const stream = redactor.stream();
      let output = '';
      for (const [index, piece] of pieces.entries()) {
        output += stream.push(piece);
        if (index % 7 === 6) output += stream.end();
      }
      return output + stream.end();
    });
    expect(failure).toBeDefined();
  });

  it('changes nothing more when it redacts twice', () => {
    for (let seed = firstSeed; seed < firstSeed + 8_000; seed += 1) {
      const text = randomText(seededRandom(seed));
      const once = redactor.text(text).text;
      const twice = redactor.text(once);
      if (twice.text !== once || twice.count !== 0) {
        expect.fail(JSON.stringify({ seed, text, once, twice }));
      }
    }
  });

  it('counts the same in pieces as in the whole', () => {
    for (let seed = firstSeed; seed < firstSeed + 2_000; seed += 1) {
      const random = seededRandom(seed);
      const text = randomText(random);
      const stream = redactor.stream();
      for (const piece of randomSplit(random, text)) stream.push(piece);
      stream.end();
      expect(stream.count, `seed ${seed}: ${JSON.stringify(text)}`).toBe(redactor.text(text).count);
    }
  });

  it('removes every secret from between harmless texts, wherever it is cut', () => {
    for (let seed = firstSeed; seed < firstSeed + 2_000; seed += 1) {
      const random = seededRandom(seed);
      const secret = random.pick(secretMakers)(random);
      const before = random.pick(['', ' ', 'key: ', '("', '\n', 'see ', '日本 ', '\ud83d']);
      const after = random.pick(['', ' ', '")', '\n', ', then', '\ude00']);
      const stream = redactor.stream();
      let output = '';
      for (const piece of randomSplit(random, before + secret + after)) output += stream.push(piece);
      output += stream.end();
      expect(output, `seed ${seed}`).toMatch(/^[^]*\[REDACTED:\w+\][^]*$/);
      expect(output.replace(/\[REDACTED:\w+\]/, ''), `seed ${seed}: ${secret}`).toBe(before + after);
    }
  });
});
