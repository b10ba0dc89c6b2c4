/** Keeps the last bytes of a stream, and never more than twice the bound in memory. */
export interface OutputTail {
  add(chunk: Uint8Array): void;
  /** What is kept, decoded as UTF-8; a character that the cut went through is left out. */
  text(): string;
}

/** Makes a tail of at most `bound` bytes. */
export function createOutputTail(bound: number): OutputTail {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let cut = false;
  const compact = (): Buffer => {
    const all = Buffer.concat(chunks, size);
    if (all.length > bound) cut = true;
    // A copy, so that the chunk it came from can be freed.
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - bound)));
    chunks = [kept];
    size = kept.length;
    return kept;
  };
  return {
    add(chunk) {
      if (bound === 0) return;
      if (chunk.length > bound) cut = true;
      const end = chunk.subarray(Math.max(0, chunk.length - bound));
      chunks.push(end);
      size += end.length;
      // Many tiny chunks cost more than their bytes.
      if (size > 2 * bound || chunks.length > 1_024) compact();
    },
    text() {
      const kept = compact();
      let start = 0;
      if (cut) while (start < Math.min(4, kept.length) && isContinuation(kept[start])) start++;
      return kept.toString('utf8', start);
    },
  };
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
