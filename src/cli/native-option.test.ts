import { expect, it } from 'vitest';
import { readNativeOptions } from './native-option.ts';

it.each<readonly [readonly string[] | undefined, object | undefined]>([
  [undefined, undefined],
  [['sandbox=false', 'reasoningEffort=high'], { sandbox: false, reasoningEffort: 'high' }],
  [['labels=["a","b"]'], { labels: ['a', 'b'] }],
  [['maxThinkingTokens=0'], { maxThinkingTokens: 0 }],
  [
    ['fallbackModel="4"', 'mode=', 'executable=/a=b c'],
    { fallbackModel: '4', mode: '', executable: '/a=b c' },
  ],
  [['instructions={not json'], { instructions: '{not json' }],
])('%j are native options', (texts, options) => {
  expect(readNativeOptions(texts)).toEqual(options);
});

it('takes a name that objects have by themselves as any other', () => {
  expect(Object.entries(readNativeOptions(['__proto__={"mode":1}']) ?? {})).toEqual([
    ['__proto__', { mode: 1 }],
  ]);
});

it.each([
  [['mode'], /takes <name>=<value>/],
  [['=rush'], /takes <name>=<value>/],
  [['mode rush=1'], /takes <name>=<value>/],
  [[''], /takes <name>=<value>/],
  [['labels=a', 'labels=b'], /--native labels is given twice/],
])('%j are none, and why is said', (texts, why) => {
  expect(() => readNativeOptions(texts)).toThrow(
    expect.objectContaining({ code: 'invalid_input', message: expect.stringMatching(why) }),
  );
});
