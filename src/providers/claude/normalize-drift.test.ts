import { expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { driftedMessage, textsIn } from '../../testing/message-drift.ts';
import { createSeededRandom } from '../../testing/store-contract/seeded-random.ts';
import { readFixture } from './fixtures/read-fixture.ts';
import { listField, objectField } from '../../domain/json-field.ts';
import { normalize } from './normalize.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { createUsageMeter } from './usage-meter.ts';

const recorded = ['tools', 'subagent-foreground', 'subagent-background', 'compaction'].map(readFixture);

/** Fields of a piece that say nothing. */
const wordless: ReadonlySet<string> = new Set(['type', 'id', 'tool_use_id', 'name', 'signature', 'caller']);

/** Where Claude Code says again what it tells the model. */
const besides: ReadonlySet<string> = new Set(['tool_use_result', 'tool_use_result_v2']);

/** What the model and the tools say in a message: texts, reasoning, inputs and outputs. */
function saidIn(message: JsonObject): readonly string[] {
  const type = message['type'];
  if (type !== 'assistant' && type !== 'user') return [];
  const pieces: readonly JsonValue[] = listField(objectField(message, 'message'), 'content');
  return pieces
    .filter((piece) => isJsonObject(piece) && (type === 'assistant' || piece['type'] === 'tool_result'))
    .flatMap((piece) => textsIn(piece, wordless))
    .filter((text) => text.length > 3);
}

function lostTexts(messages: readonly JsonObject[], seed: number): readonly string[] {
  const random = createSeededRandom(seed);
  const state = createNormalizerState({ usage: createUsageMeter('nothing'), isDenied: () => false });
  const said: string[] = [];
  const heard: string[] = [];
  for (const message of messages) {
    const changed = driftedMessage(message, random);
    const left = new Set(textsIn(changed, besides));
    said.push(...saidIn(message).filter((text) => left.has(text)));
    for (const event of normalize(changed, state)) {
      if (event.type !== 'message_streamed' && event.type !== 'reasoning_streamed')
        heard.push(...textsIn(event.data));
    }
  }
  return said.filter((text) => !heard.some((one) => one.includes(text)));
}

it('loses no text, and never throws, when the fields of messages go, come and change their names', () => {
  for (let seed = 1; seed <= 400; seed++) {
    for (const messages of recorded) {
      // Without the stream, nothing else says what a whole message says.
      const chosen = seed % 2 === 0 ? messages : messages.filter(({ type }) => type !== 'stream_event');
      expect(lostTexts(chosen, seed), `seed ${seed}`).toEqual([]);
    }
  }
});
