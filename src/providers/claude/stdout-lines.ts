import { Transform, type TransformCallback } from 'node:stream';

import type { OutputValve } from './output-valve.ts';

/** Bytes of one line that are kept in memory; a longer one breaks the protocol. */
const maximumLine = 64 * 1024 * 1024;

/** Characters of a foreign line that are reported. */
const reportedLength = 4_096;

export interface StdoutLinesOptions {
  /** Told of each line that is no JSON object, cut to 4,096 characters. */
  readonly onForeign: (line: string) => void;
  /** Holds output back that nobody reads. */
  readonly valve: OutputValve;
  /** Told once when a line is longer than 64 MiB; the rest is thrown away. */
  readonly onTooLong: () => void;
}

/** Passes the lines on that look like JSON objects, which is all that the agent's protocol consists of. */
export function createStdoutLines(options: StdoutLinesOptions): Transform {
  let rest: Buffer[] = [];
  let restLength = 0;
  let broken = false;

  const take = (stream: Transform, line: Buffer): void => {
    if (line[0] === 0x7b) {
      options.valve.add(line.length);
      stream.push(line);
    } else {
      const text = line.toString('utf8', 0, reportedLength).trimEnd();
      if (text !== '') options.onForeign(text);
    }
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      if (broken) return done();
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
        const piece = chunk.subarray(start, end + 1);
        take(this, restLength === 0 ? piece : Buffer.concat([...rest, piece]));
        rest = [];
        restLength = 0;
        start = end + 1;
      }
      if (start < chunk.length) {
        rest.push(chunk.subarray(start));
        restLength += chunk.length - start;
      }
      if (restLength > maximumLine) {
        broken = true;
        rest = [];
        restLength = 0;
        options.onTooLong();
      }
      options.valve.whenOpen(() => done());
    },
    flush(done) {
      if (restLength > 0) take(this, Buffer.concat(rest));
      done();
    },
  });
}
