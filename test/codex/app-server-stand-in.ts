import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CodexRoom } from './codex-room.ts';

/**
 * A program that speaks the app-server's protocol up to the turn, and then does what the JavaScript says. In it,
 * `say` writes a message and waits while nobody reads it, `note` a notification of the turn; `settings` may be
 * changed in what it answers for them.
 */
export async function speaker(room: CodexRoom, onTurn: string, settings = '{}'): Promise<string> {
  const program = join(room.home, `speaker-${randomUUID()}.mjs`);
  await writeFile(
    program,
    `
import { createInterface } from 'node:readline';
const write = async (text) => {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
};
const say = (message) => write(JSON.stringify(message) + '\\n');
const ids = { threadId: 't-1', turnId: 'u-1' };
const note = (method, params) => say({ method, params: { ...ids, ...params } });
const turn = { id: 'u-1', status: 'inProgress' };
const types = { 'read-only': 'readOnly', 'workspace-write': 'workspaceWrite', 'danger-full-access': 'dangerFullAccess' };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') await say({ id, result: { userAgent: 'x/9.9.9 (y)' } });
  else if (method === 'config/read') await say({ id, result: { config: {} } });
  else if (method?.startsWith('thread/')) {
    const { cwd, model = 'm', approvalPolicy, approvalsReviewer, sandbox } = params;
    const answer = { thread: { id: params.threadId ?? 't-1' }, cwd, model, approvalPolicy, approvalsReviewer, sandbox: { type: types[sandbox] } };
    await say({ id, result: { ...answer, ...${settings} } });
  } else if (method === 'turn/start') {
    await say({ id, result: { turn } });
    await note('turn/started', { turn });
    ${onTurn}
  }
}
`,
  );
  return await room.standIn(`exec '${process.execPath}' '${program}'`);
}
