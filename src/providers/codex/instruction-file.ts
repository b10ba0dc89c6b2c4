import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { lookAt } from '../../process/look-at.ts';

/** Files with a project's instructions, the first that exists counts. */
const instructionFiles = ['AGENTS.override.md', 'AGENTS.md'] as const;

/** Bytes of an instruction file that are passed on. */
const maximumBytes = 64 * 1024;

/** The text of a project's instruction file, at most 64 KiB of it; `undefined` when there is none. */
export async function readInstructionFile(cwd: string): Promise<string | undefined> {
  for (const name of instructionFiles) {
    const text = await readStart(join(cwd, name));
    if (text !== undefined && text.trim() !== '')
      return `Instructions of this project, from its file ${name}:\n\n${text}`;
  }
  return undefined;
}

/** The beginning of a regular file. What can't be read is as good as absent. */
async function readStart(path: string): Promise<string | undefined> {
  // Looked at first: opening a pipe by that name would make the run wait.
  const found = lookAt(path);
  if (found?.isFile() !== true) return undefined;
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(Math.min(found.size, maximumBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const text = new TextDecoder().decode(buffer.subarray(0, bytesRead));
    return found.size > maximumBytes ? `${text}\n[The rest of the file is left out.]` : text;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
