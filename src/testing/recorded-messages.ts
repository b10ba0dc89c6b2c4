import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '../domain/json.ts';

/** Messages that a real program once wrote, one JSON object a line, in their order. Throws for anything else. */
export function readRecordedMessages(file: URL): readonly JsonObject[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const message: unknown = JSON.parse(line);
    if (isJsonObject(message)) return message;
    throw new Error(`A line of ${file.pathname} is no object.`);
  });
}
