import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A home for an agent, with a working folder in it. */
export interface AgentFolder extends AsyncDisposable {
  readonly home: string;
  readonly cwd: string;
}

export async function makeAgentFolder(name: string): Promise<AgentFolder> {
  const home = await realpath(await mkdtemp(join(tmpdir(), `asm-${name}-`)));
  const cwd = join(home, 'project');
  await mkdir(cwd);
  return { home, cwd, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}
