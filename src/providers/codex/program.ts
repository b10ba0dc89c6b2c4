import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import { findProgram } from '../../process/program-path.ts';

/** The package that has the program. */
const codexPackage = '@openai/codex';

/** Where to look for Codex. */
export interface ProgramSearch {
  /** A path, or a name to be found in `path`; absent: the one of the package, then `codex`. */
  readonly executable: string | undefined;
  /** The `PATH` of the agent. */
  readonly path: string;
  readonly cwd: string;
}

export const installAdvice = `Install Codex: npm install ${codexPackage} (with its optional packages), or have a program \`codex\` in the PATH.`;

/** The absolute path of the program, or `undefined`. */
export async function findCodex(search: ProgramSearch): Promise<string | undefined> {
  const where = { path: search.path, cwd: search.cwd };
  if (search.executable !== undefined) return await findProgram(search.executable, where);
  const program = bundledProgram();
  return (
    (program === undefined ? undefined : await findProgram(program, where)) ??
    (await findProgram('codex', where))
  );
}

/** The same, or `agent_not_installed` with advice. */
export async function requireCodex(search: ProgramSearch): Promise<string> {
  const program = await findCodex(search);
  if (program !== undefined) return program;
  const wanted =
    search.executable === undefined
      ? 'Codex was not found.'
      : `There is no program ${JSON.stringify(search.executable)}.`;
  throw new AsmError('agent_not_installed', `${wanted} ${installAdvice}`, {
    details: decidedBy('executable'),
    provider: { provider: 'codex', kind: 'not_installed' },
  });
}

/** Rust's name of a platform that the package has a program for. */
const targets: ReadonlyMap<string, string> = new Map([
  ['linux-x64', 'x86_64-unknown-linux-musl'],
  ['linux-arm64', 'aarch64-unknown-linux-musl'],
  ['darwin-x64', 'x86_64-apple-darwin'],
  ['darwin-arm64', 'aarch64-apple-darwin'],
]);

/** Where the native program was found: each run looks for it before its agent starts, and a package stays where it is. */
let bundled: string | undefined;

/** The native program in the platform's package, without the wrapper around it. */
function bundledProgram(): string | undefined {
  bundled ??= findBundledProgram();
  return bundled;
}

function findBundledProgram(): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const target = targets.get(platform);
  if (target === undefined) return undefined;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve(`${codexPackage}/package.json`));
    const folder = dirname(fromPackage.resolve(`${codexPackage}-${platform}/package.json`));
    return join(folder, 'vendor', target, 'bin', 'codex');
  } catch {
    return undefined;
  }
}
