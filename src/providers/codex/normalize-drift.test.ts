import { expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { driftedMessage, textsIn } from '../../testing/message-drift.ts';
import { createSeededRandom } from '../../testing/store-contract/seeded-random.ts';
import { readFixture } from './fixtures/read-fixture.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { scriptOf } from './shell-script.ts';

const recorded = ['tools', 'failure', 'interrupted', 'plan-and-search'].map(readFixture);

/** The fields in which items say something. */
const wording = [
  'text',
  'summary',
  'content',
  'command',
  'aggregatedOutput',
  'changes',
  'arguments',
  'result',
  'contentItems',
];

/** What the model and the tools say in an item that is complete. */
function saidIn(message: JsonObject): readonly string[] {
  if (message['method'] !== 'item/completed') return [];
  const item = fieldOf(fieldOf(message, 'params'), 'item');
  if (!isJsonObject(item) || textField(item, 'type') === 'userMessage') return [];
  return wording
    .flatMap((name) => textsIn(item[name], new Set(['type', 'command'])))
    .filter((text) => text.length > 3);
}

function lostTexts(messages: readonly JsonObject[], seed: number): readonly string[] {
  const random = createSeededRandom(seed);
  const state = createNormalizerState();
  const said: string[] = [];
  const heard: string[] = [];
  for (const message of messages) {
    const changed = driftedMessage(message, random);
    const left = new Set(textsIn(changed));
    // A new kind of an item, and a new method, may not be taken for one that says nothing.
    const silent = isSilent(changed) && !isSilent(message);
    if (!silent) said.push(...saidIn(message).filter((text) => left.has(text)));
    for (const event of normalize(changed, state)) heard.push(...textsIn(event.data));
  }
  const whole = heard.join('\n');
  // Of a new or deleted file the diff tells the content; of a command, what its shell gets.
  const plain = whole.replaceAll(/^[+-]/gm, '');
  return said.filter(
    (text) => !whole.includes(text) && !plain.includes(text.trimEnd()) && !whole.includes(scriptOf(text)),
  );
}

function isSilent(message: JsonObject): boolean {
  return normalize(message, createNormalizerState()).length === 0;
}

it('loses no text, and never throws, when the fields of messages go, come and change their names', () => {
  for (let seed = 1; seed <= 300; seed++) {
    for (const messages of recorded) expect(lostTexts(messages, seed), `seed ${seed}`).toEqual([]);
  }
});
