import { createRequire } from 'node:module';
import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import { findProgram } from '../../process/program-path.ts';
import { sdkPackage } from './sdk.ts';

/** Where to look for Claude Code. */
export interface ProgramSearch {
  /** A path, or a name to be found in `path`; absent: the one that comes with the SDK, then `claude`. */
  readonly executable: string | undefined;
  /** The `PATH` of the agent. */
  readonly path: string;
  readonly cwd: string;
}

export const installAdvice = `Install Claude Code: npm install ${sdkPackage}, with its optional packages, or with a program \`claude\` in the PATH, see https://code.claude.com.`;

/** The absolute path of the program, or `undefined`. */
export async function findClaude(search: ProgramSearch): Promise<string | undefined> {
  const where = { path: search.path, cwd: search.cwd };
  if (search.executable !== undefined) return await findProgram(search.executable, where);
  const ours = bundledProgram();
  return (
    (ours === undefined ? undefined : await findProgram(ours, where)) ?? (await findProgram('claude', where))
  );
}

/** The same, or `agent_not_installed` with advice. */
export async function requireClaude(search: ProgramSearch): Promise<string> {
  const program = await findClaude(search);
  if (program !== undefined) return program;
  const wanted =
    search.executable === undefined
      ? 'Claude Code was not found.'
      : `There is no program ${JSON.stringify(search.executable)}.`;
  throw new AsmError('agent_not_installed', `${wanted} ${installAdvice}`, {
    details: decidedBy('executable'),
    provider: { provider: 'claude', kind: 'not_installed' },
  });
}

/** Where the bundled program was found; it doesn't move while we run. */
let bundled: string | undefined;

/** The program in the platform's package, which the SDK brings along. */
function bundledProgram(): string | undefined {
  bundled ??= resolveBundled();
  return bundled;
}

function resolveBundled(): string | undefined {
  const fromHere = createRequire(import.meta.url);
  const name = process.platform === 'win32' ? 'claude.exe' : 'claude';
  try {
    const fromSdk = createRequire(fromHere.resolve(sdkPackage));
    for (const variant of platformPackages()) {
      try {
        return fromSdk.resolve(`${variant}/${name}`);
      } catch {
        // Not this variant.
      }
    }
  } catch {
    // The SDK itself isn't there.
  }
  return undefined;
}

function platformPackages(): readonly string[] {
  const base = `${sdkPackage}-${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? [base, `${base}-musl`] : [base];
}
