import { escapeHidden } from '../rendering/json-lines.ts';

/**
 * Writes text to standard output and waits until it is taken, so that a slow reader slows us down
 * instead of filling the memory. Resolves as well when nobody reads any more.
 */
export async function write(text: string): Promise<void> {
  if (text === '') return;
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** Writes JSON text as one line; what a terminal might obey in it is written as `\uXXXX`. */
export async function writeJson(value: unknown): Promise<void> {
  await write(jsonLineOf(JSON.stringify(value)));
}

/** The line of JSON text that was made elsewhere. */
export function jsonLineOf(json: string): string {
  return `${escapeHidden(json)}\n`;
}
