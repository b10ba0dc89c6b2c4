import { createHash } from 'node:crypto';
import type { RunRequest } from '../../ports/provider.ts';
import type { AppServer } from './app-server.ts';
import { textField } from '../../domain/json-field.ts';

/** A short mark of a text, to be kept with the handle of a conversation. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Tells a conversation that goes on its instructions when they are others than before: Codex keeps those that it
 * began with, whatever it is given later.
 */
export async function renewInstructions(
  server: AppServer,
  { resume }: RunRequest,
  threadId: string,
  instructions: string,
): Promise<void> {
  if (resume === undefined || instructions === '') return;
  if (textField(resume.handle.counters, 'instructions') === digest(instructions)) return;
  const content = [{ type: 'input_text', text: instructions }];
  const items = [{ type: 'message', role: 'developer', content }];
  await server.rpc.request('thread/inject_items', { threadId, items });
}
