import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LogEvent } from '../domain/event.ts';
import { logOf, stream } from '../rendering/rendering-fixture.ts';
import { terminalTurns } from './terminal-turns.ts';

const call = (toolCallId: string) =>
  ({
    type: 'tool_call_started',
    data: { toolCallId, name: 'Bash', tool: 'bash', kind: 'execute', input: { command: toolCallId } },
  }) as const;

const log = logOf(
  { type: 'message_streamed', data: { messageId: 'm', text: 'I look.' } },
  call('one'),
  call('two'),
  { type: 'message_streamed', data: { messageId: 'n', text: 'Done.' } },
);

/** What the terminal shows, in order: events by their words, and questions. */
function openTerminal(): { readonly shown: string[]; readonly show: (event: LogEvent) => void } {
  const shown: string[] = [];
  return {
    shown,
    show: (event) => {
      if (event.type === 'message_streamed') shown.push(event.data.text);
      if (event.type === 'tool_call_started') shown.push(event.data.toolCallId);
    },
  };
}

test('a question comes after its call, and nothing else is shown until it is answered', async () => {
  const turns = terminalTurns();
  const { shown, show } = openTerminal();
  const opened = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const { signal } = new AbortController();
  const asked = turns.ask('one', signal, async () => {
    shown.push('one?');
    opened.resolve();
    const said = await answer.promise;
    shown.push(said);
    return said;
  });
  const showing = (async () => {
    for await (const event of turns.shown(after(opened.promise))) show(event);
  })();
  await expect.poll(() => shown).toEqual(['I look.', 'one', 'one?']);
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  expect(shown).toEqual(['I look.', 'one', 'one?']);
  answer.resolve('yes');
  expect(await asked).toBe('yes');
  await showing;
  expect(shown).toEqual(['I look.', 'one', 'one?', 'yes', 'two', 'Done.']);
});

test('an aborted question lets the output go on', async () => {
  const turns = terminalTurns();
  const { shown, show } = openTerminal();
  const stop = new AbortController();
  const asked = turns.ask('never shown', stop.signal, () => Promise.reject(new Error('not reached')));
  stop.abort();
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  for await (const event of turns.shown(stream(log))) show(event);
  expect(shown).toEqual(['I look.', 'one', 'two', 'Done.']);
});

/** The log, of which what comes after the first call comes once the question is open. */
async function* after(opened: Promise<void>): AsyncGenerator<LogEvent, void, void> {
  yield* log.slice(0, 2);
  await opened;
  yield* log.slice(2);
}
