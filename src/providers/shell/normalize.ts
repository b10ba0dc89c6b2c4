import type { ProviderEvent } from '../../ports/provider.ts';

export type OutputStream = 'stdout' | 'stderr';

/** Turns the bytes of one output into events, up to a bound. */
export interface OutputNormalizer {
  /** The next bytes; gives the text to stream, which is empty past the bound. */
  add(chunk: Uint8Array): string;
  /** The end: what was left of a character. */
  end(): string;
  /** All text up to the bound, without the mark. */
  readonly text: string;
  /** Length of everything in characters, also of what was not kept. */
  readonly fullLength: number;
  readonly cut: boolean;
}

/** Makes a normaliser that keeps `bound` bytes; characters may be split anywhere between chunks. */
export function createOutputNormalizer(bound: number): OutputNormalizer {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  let fullLength = 0;
  let bytes = 0;
  let cut = false;
  const keep = (piece: string): string => {
    text += piece;
    fullLength += piece.length;
    return piece;
  };
  return {
    add(chunk) {
      if (cut) {
        fullLength += decoder.decode(chunk, { stream: true }).length;
        return '';
      }
      const room = bound - bytes;
      bytes += chunk.length;
      if (chunk.length <= room) return keep(decoder.decode(chunk, { stream: true }));
      cut = true;
      const border = characterStart(chunk, room);
      const piece = keep(decoder.decode(chunk.subarray(0, border), { stream: true }));
      fullLength += decoder.decode(chunk.subarray(border), { stream: true }).length;
      return `${piece}\n[cut: more than ${bound} bytes]\n`;
    },
    end() {
      const rest = decoder.decode();
      if (!cut) return keep(rest);
      fullLength += rest.length;
      return '';
    },
    get text() {
      return text;
    },
    get fullLength() {
      return fullLength;
    },
    get cut() {
      return cut;
    },
  };
}

/** The event for a piece of output. */
export function outputEvent(toolCallId: string, stream: OutputStream, text: string): ProviderEvent {
  return { type: 'tool_output_streamed', data: { toolCallId, stream, text } };
}

/** The last place at or before `index` where a character begins. */
function characterStart(bytes: Uint8Array, index: number): number {
  let start = index;
  while (start > 0 && index - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
