import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brandId } from './id.ts';
import { messageSize } from './transcript-size.ts';
import { truncateTranscript } from './transcript-truncation.ts';
import { emptyTranscript, extendTranscript, type Transcript, type TranscriptMessage } from './transcript.ts';

const runId = brandId('run', 'run_1');
const sessionId = brandId('session', 'ses_1');

type Piece = Omit<TranscriptMessage, 'runId' | 'seq'>;

function transcriptOf(...pieces: readonly Piece[]): Transcript {
  const messages = pieces.map((piece, index) => ({ ...piece, runId, seq: index + 1 }));
  return { ...emptyTranscript, messages, lastSeq: messages.length };
}

const user = (text: string): Piece => ({ role: 'user', text });
const system = (text: string): Piece => ({ role: 'system', text });
const call = (toolCallId: string, command = toolCallId): Piece => ({
  role: 'assistant',
  text: '',
  toolCallId,
  tool: 'bash',
  input: { command },
});
const result = (toolCallId: string, output = 'ok'): Piece => ({
  role: 'tool',
  text: output,
  toolCallId,
  tool: 'bash',
  output,
});

function names(transcript: Transcript): string[] {
  return transcript.messages.map(({ role, text, toolCallId }) => `${role} ${toolCallId ?? text}`);
}

describe('messages', () => {
  test('the newest stay', () => {
    const cut = truncateTranscript(transcriptOf(user('1'), user('2'), user('3')), { maximumMessages: 2 });
    expect(names(cut)).toEqual(['user 2', 'user 3']);
  });
  test('system messages stay and count', () => {
    const cut = truncateTranscript(transcriptOf(system('S'), user('1'), user('2')), { maximumMessages: 2 });
    expect(names(cut)).toEqual(['system S', 'user 2']);
    expect(names(truncateTranscript(transcriptOf(system('S'), user('1')), { maximumMessages: 0 }))).toEqual([
      'system S',
    ]);
  });
  test('pairs stay or go together', () => {
    const transcript = transcriptOf(call('a'), call('b'), result('a'), result('b'), user('x'));
    expect(names(truncateTranscript(transcript, { maximumMessages: 4 }))).toEqual([
      'assistant b',
      'tool b',
      'user x',
    ]);
    expect(names(truncateTranscript(transcript, { maximumMessages: 5 }))).toEqual(names(transcript));
  });
  test('a newest pair that has no room is not everything lost', () => {
    const transcript = transcriptOf(user('x'), call('a'), result('a'));
    expect(names(truncateTranscript(transcript, { maximumMessages: 1 }))).toEqual(['user x']);
  });
  test('without limits all stays', () => {
    const transcript = transcriptOf(system('S'), user('1'), call('a'));
    expect(truncateTranscript(transcript, {})).toEqual(transcript);
  });
});

describe('tokens', () => {
  test('inputs and outputs count', () => {
    const transcript = transcriptOf(user('old'), call('a', 'x'.repeat(100)), result('a', 'y'.repeat(100)));
    const room = 100 + 100 + '{"command":""}'.length + 2 * 'bash'.length;
    expect(names(truncateTranscript(transcript, { maximumTokens: room / 4 }))).toEqual([
      'assistant a',
      'tool a',
    ]);
    const more = { maximumTokens: room + 3, charactersPerToken: 1 };
    expect(names(truncateTranscript(transcript, more))).toEqual(['user old', 'assistant a', 'tool a']);
  });
  test('an older message that is too long is where it stops', () => {
    const transcript = transcriptOf(user('1'), user('x'.repeat(100)), user('3'));
    expect(names(truncateTranscript(transcript, { maximumTokens: 10 }))).toEqual(['user 3']);
  });
  test('one oversized newest message is cut, not inside a character', () => {
    const cut = truncateTranscript(transcriptOf(user('old'), user('😀'.repeat(100))), { maximumTokens: 20 });
    expect(cut.messages).toHaveLength(1);
    const text = cut.messages[0]?.text ?? '';
    expect(text).toMatch(/^(?:😀)+… \[cut: 200 characters in all\]$/u);
    expect(text.isWellFormed()).toBe(true);
    expect(text.length).toBeLessThanOrEqual(80);
  });
  test('of an oversized pair the output is cut first, then the input', () => {
    const long = transcriptOf(call('a', 'ls'), result('a', 'y'.repeat(1000)));
    const [kept, shorter] = truncateTranscript(long, { maximumTokens: 50 }).messages;
    expect(kept?.input).toEqual({ command: 'ls' });
    expect(shorter?.output).toBe(shorter?.text);
    expect(shorter?.text).toMatch(/^y+… \[cut: 1000 /);
    const both = transcriptOf(call('a', '"\\'.repeat(500)), result('a', 'y'.repeat(1000)));
    const [call2, result2] = truncateTranscript(both, { maximumTokens: 50 }).messages;
    expect(Object.keys(call2?.input ?? {})).toEqual(['cut']);
    expect(result2).toMatchObject({ text: '', output: '', toolCallId: 'a' });
  });
  test('system messages stay whatever they take', () => {
    const transcript = transcriptOf(system('S'.repeat(100)), user('1'));
    expect(truncateTranscript(transcript, { maximumTokens: 5 }).messages).toEqual([transcript.messages[0]]);
  });
  test.each([
    { maximumMessages: -1 },
    { maximumTokens: Number.NaN },
    { charactersPerToken: 0 },
    { charactersPerToken: Number.POSITIVE_INFINITY },
  ])('refuses %j', (limits) => {
    expect(() => truncateTranscript(emptyTranscript, limits)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
});

test('limits hold, pairs are whole, and something is kept where there is room', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 80 }).map((text) => [user(text)]),
    fc.string({ maxLength: 10 }).map((text) => [system(text)]),
    fc
      .tuple(fc.uuid(), fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 80 }))
      .map(([id, command, output]) => [call(id, command), result(id, output)]),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 15 }),
      fc.nat(20),
      fc.nat(60),
      (pieces, maximumMessages, maximumTokens) => {
        const { messages } = transcriptOf(...pieces.flat());
        const cut = truncateTranscript(
          { ...emptyTranscript, messages },
          { maximumMessages, maximumTokens },
        ).messages;
        const pinned = messages.filter(({ role }) => role === 'system');
        expect(cut.filter(({ role }) => role === 'system')).toEqual(pinned);
        expect(cut.length).toBeLessThanOrEqual(Math.max(maximumMessages, pinned.length));
        const size = (list: readonly TranscriptMessage[]): number =>
          list.reduce((sum, message) => sum + messageSize(message), 0);
        expect(size(cut)).toBeLessThanOrEqual(Math.max(maximumTokens * 4, size(pinned)));
        const ids = cut.flatMap(({ toolCallId }) => toolCallId ?? []);
        expect(ids.filter((id) => ids.indexOf(id) === ids.lastIndexOf(id))).toEqual([]);
        const roomy = maximumMessages >= pinned.length + 2 && maximumTokens * 4 >= size(pinned) + 20;
        if (roomy && messages.length > pinned.length) expect(cut.length).toBeGreaterThan(pinned.length);
      },
    ),
    { numRuns: 100 },
  );
});

test('a truncated transcript goes on; what was taken away stays away', () => {
  const event = { sessionId, runId, attempt: 1, position: 1, time: 0 };
  const begun = extendTranscript(emptyTranscript, [
    {
      ...event,
      seq: 1,
      type: 'tool_call_started',
      data: { toolCallId: 't', name: 'Bash', tool: 'bash', kind: 'execute', input: {} },
    },
    { ...event, seq: 2, type: 'message_streamed', data: { messageId: 'm', text: 'He' } },
  ]);
  const later = extendTranscript(truncateTranscript(begun, { maximumMessages: 1 }), [
    {
      ...event,
      seq: 3,
      type: 'tool_call_completed',
      data: { toolCallId: 't', name: 'Bash', tool: 'bash', output: '' },
    },
    {
      ...event,
      seq: 4,
      type: 'message_received',
      data: { messageId: 'm', role: 'assistant', text: 'Hello' },
    },
  ]);
  expect(later.messages).toEqual([{ role: 'assistant', text: 'Hello', runId, seq: 2 }]);
});
