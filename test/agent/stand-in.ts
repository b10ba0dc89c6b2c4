import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A program of shell commands in an agent's place; several may be in use at once. */
export async function standIn({ home }: { readonly home: string }, script: string): Promise<string> {
  const path = join(home, `stand-in-${randomUUID()}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
