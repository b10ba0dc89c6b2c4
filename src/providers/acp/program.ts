import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AsmError } from '../../domain/error.ts';
import { isJsonObject } from '../../domain/json.ts';
import { findProgram } from '../../process/program-path.ts';
import type { AcpAgent } from './agent.ts';

/** A command line that can be started. */
export interface AgentProgram {
  readonly command: string;
  readonly arguments: readonly string[];
  /** The program that a person would name. */
  readonly path: string;
}

/** Finds the agent's program: the one that was named, the one of its package, or the one in `PATH`. */
export async function findAgent(
  agent: AcpAgent,
  where: { readonly path: string; readonly cwd: string },
): Promise<AgentProgram | undefined> {
  if (agent.command === undefined && agent.preset?.package !== undefined) {
    const script = packagedProgram(agent.preset.package);
    if (script !== undefined)
      return { command: process.execPath, arguments: [script, ...agent.arguments], path: script };
  }
  const command = agent.command ?? agent.preset?.command ?? '';
  const path = await findProgram(command, where);
  return path === undefined ? undefined : { command: path, arguments: agent.arguments, path };
}

/** The same, or `agent_not_installed` with advice. */
export async function requireAgent(
  agent: AcpAgent,
  where: { readonly path: string; readonly cwd: string },
): Promise<AgentProgram> {
  const program = await findAgent(agent, where);
  if (program !== undefined) return program;
  throw new AsmError('agent_not_installed', installAdvice(agent), {
    provider: { provider: agent.name, kind: 'not_installed' },
  });
}

/** What a person should do when the program is missing. */
export function installAdvice(agent: AcpAgent): string {
  const wanted = `There is no program ${JSON.stringify(agent.command ?? agent.preset?.command ?? '')}.`;
  return agent.command === undefined && agent.preset !== undefined
    ? `${wanted} Get ${agent.preset.title}: ${agent.preset.install}.`
    : `${wanted} Install it, or give its full path.`;
}

/** Scripts that were found: each run looks for one before its agent starts, and a package stays where it is. */
const packaged = new Map<string, string>();

/** The script of a package that is installed beside this library. */
function packagedProgram({
  name,
  program,
}: {
  readonly name: string;
  readonly program: string;
}): string | undefined {
  const key = JSON.stringify([name, program]);
  const known = packaged.get(key);
  if (known !== undefined) return known;
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const description: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const programs = isJsonObject(description) ? description['bin'] : undefined;
    const script = isJsonObject(programs) ? programs[program] : programs;
    if (typeof script !== 'string') return undefined;
    const path = join(dirname(file), script);
    packaged.set(key, path);
    return path;
  } catch {
    return undefined;
  }
}
