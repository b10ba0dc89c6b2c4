import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findClaude } from '../../src/providers/claude/program.ts';
import type { AgentRoom } from './agent-room.ts';

/** A program of shell commands in Claude Code's place. */
export async function standIn(room: AgentRoom, script: string): Promise<string> {
  const path = join(room.home, 'stand-in');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A program that does something first and then is Claude Code. */
export async function wrapper(room: AgentRoom, first: string): Promise<string> {
  const program = await findClaude({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
  return await standIn(room, `${first}\nexec '${program ?? 'claude'}' "$@"`);
}
