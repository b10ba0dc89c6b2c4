import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findAmp } from '../../src/providers/amp/program.ts';
import type { AgentRoom } from '../agent/agent-room.ts';
import { standIn } from '../agent/stand-in.ts';

/** A program that does something first and then is Amp. */
export async function wrapper(room: AgentRoom, first: string): Promise<string> {
  const found = await findAmp({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
  const script = typeof found === 'string' ? found : found.path;
  return await standIn(room, `${first}\nexec '${process.execPath}' '${script}' "$@"`);
}

/** A thread that stand-ins work in. */
export const standInThread = 'T-11111111-1111-4111-8111-111111111111';

/**
 * A script that begins as Amp does and, when it gets its prompt, does what the JavaScript says; `say` writes a
 * message and waits while nobody reads it.
 */
export async function speaker(room: AgentRoom, onPrompt: string): Promise<string> {
  const path = join(room.home, `speaker-${randomUUID()}.mjs`);
  await writeFile(
    path,
    `
import { createInterface } from 'node:readline';
const say = async (message) => {
  const line = JSON.stringify({ ...message, session_id: '${standInThread}' });
  if (!process.stdout.write(line + '\\n')) await new Promise((resolve) => process.stdout.once('drain', resolve));
};
const answer = (content, stop_reason = 'end_turn') =>
  say({ type: 'assistant', message: { role: 'assistant', content, stop_reason }, parent_tool_use_id: null });
await say({ type: 'system', subtype: 'init', cwd: process.cwd(), tools: [], mcp_servers: [] });
for await (const line of createInterface({ input: process.stdin })) {
  const { message } = JSON.parse(line);
  const prompt = message.content[0].text;
  await say({ type: 'user', message, parent_tool_use_id: null });
  ${onPrompt}
}
`,
    { mode: 0o755 },
  );
  return path;
}
