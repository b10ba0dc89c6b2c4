import { expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import { driftedMessage, textsIn } from '../../testing/message-drift.ts';
import { createSeededRandom } from '../../testing/store-contract/seeded-random.ts';
import { readFixture } from './fixtures/read-fixture.ts';
import { fieldOf, objectField, textField } from './native-fields.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState } from './normalizer-state.ts';

const recorded = ['tools', 'interrupt', 'failure', 'subagent'].map(readFixture);

/** Fields of an item that say nothing, or say again what another field says. */
const wordless: ReadonlySet<string> = new Set(
  (
    'type id status phase source processId cwd commandActions model reasoningEffort tool server namespace ' +
    'senderThreadId receiverThreadIds agentsStates query'
  ).split(' '),
);

/** Items that repeat what we told Codex. */
const ours: ReadonlySet<string | undefined> = new Set(['userMessage']);

/** What the model and the tools say in a notification: texts, reasoning, inputs and outputs. */
function saidIn(method: string, params: JsonObject): readonly string[] {
  const item = objectField(params, 'item');
  const texts =
    method.startsWith('item/') && !ours.has(textField(item, 'type'))
      ? [...textsIn(item, wordless), ...textsIn(fieldOf(params, 'delta'))]
      : [];
  return texts.filter((text) => text.length > 3);
}

function lostTexts(messages: readonly JsonObject[], seed: number): readonly string[] {
  const random = createSeededRandom(seed);
  const state = createNormalizerState();
  const said: string[] = [];
  const heard: string[] = [];
  for (const message of messages) {
    const method = textField(message, 'method') ?? '';
    const params = objectField(message, 'params');
    const changed = driftedMessage(params, random);
    const left = new Set(textsIn(changed));
    said.push(...saidIn(method, params).filter((text) => left.has(text)));
    for (const event of normalize(method, changed, state)) heard.push(...textsIn(event.data));
  }
  // A command is told without the shell that runs it.
  return said.filter((text) => !heard.some((one) => one.includes(text) || text.includes(`'${one}'`)));
}

it('loses no text, and never throws, when the fields of messages go, come and change their names', () => {
  for (let seed = 1; seed <= 400; seed++) {
    for (const messages of recorded) {
      // Without the pieces, nothing else says what a whole message says.
      const chosen =
        seed % 2 === 0 ? messages : messages.filter(({ method }) => !String(method).endsWith('elta'));
      expect(lostTexts(chosen, seed), `seed ${seed}`).toEqual([]);
    }
  }
});
