import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { findClaude } from '../../src/providers/claude/program.ts';
import type { AgentRoom } from '../agent/agent-room.ts';
import { standIn } from '../agent/stand-in.ts';

/** A program that does something first and then is Claude Code. */
export async function wrapper(room: AgentRoom, first: string): Promise<string> {
  const program = await findClaude({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
  return await standIn(room, `${first}\nexec '${program ?? 'claude'}' "$@"`);
}

/**
 * A program that greets as Claude Code does and, when it gets a prompt, does what the JavaScript says;
 * `say` writes a message and waits while nobody reads it.
 */
export async function speaker(
  room: AgentRoom,
  onPrompt: string,
  greeting: JsonObject = { hook_on_failure_supported: true },
): Promise<string> {
  const program = join(room.home, `speaker-${randomUUID()}.mjs`);
  const hello = JSON.stringify({ commands: [], models: [], account: {}, ...greeting });
  await writeFile(
    program,
    `
import { createInterface } from 'node:readline';
const say = async (message) => {
  if (!process.stdout.write(JSON.stringify(message) + '\\n')) await new Promise((resolve) => process.stdout.once('drain', resolve));
};
for await (const line of createInterface({ input: process.stdin })) {
  const { type, request_id } = JSON.parse(line);
  if (type === 'control_request') {
    await say({ type: 'control_response', response: { subtype: 'success', request_id, response: ${hello} } });
  } else if (type === 'user') {
    ${onPrompt}
  }
}
`,
  );
  return await standIn(room, `exec '${process.execPath}' '${program}'`);
}
