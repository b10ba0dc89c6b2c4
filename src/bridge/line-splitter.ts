import { AsmError } from '../domain/error.ts';

/** Cuts bytes into lines of a bounded length, however they were cut on their way. */
export interface LineSplitter {
  /** Bytes that a line may have. What changes it while lines are taken out holds for the next line. */
  limit: number;
  /** The lines that are complete now, without their ends. Throws `invalid_input` at one that is too long. */
  split(chunk: Uint8Array): Iterable<string>;
  /** What came after the last line's end. */
  rest(): string;
}

/** Makes a splitter; it keeps at most `limit` bytes and one chunk. */
export function createLineSplitter(limit: number): LineSplitter {
  let rest: Uint8Array[] = [];
  let length = 0;
  const keep = (piece: Uint8Array, splitter: LineSplitter): void => {
    length += piece.length;
    if (length > splitter.limit)
      throw new AsmError('invalid_input', `A line may have ${splitter.limit} bytes.`);
    rest.push(piece);
  };
  return {
    limit,
    *split(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      let start = 0;
      for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
        const isWhole = rest.length === 0 && end - start <= this.limit;
        if (!isWhole) keep(bytes.subarray(start, end), this);
        const line = isWhole ? bytes.toString('utf8', start, end) : Buffer.concat(rest).toString('utf8');
        rest = [];
        length = 0;
        start = end + 1;
        yield line;
      }
      if (start < bytes.length) keep(bytes.subarray(start), this);
    },
    rest: () => Buffer.concat(rest).toString('utf8'),
  };
}
