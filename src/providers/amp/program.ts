import { open, readFile, realpath } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { findProgram } from '../../process/program-path.ts';
import { objectField, textField } from '../../domain/json-field.ts';

/** The package that brings Amp along; users install it beside this library. */
export const sdkPackage = '@sourcegraph/amp-sdk';
const programPackage = '@sourcegraph/amp';

/** The version of Amp that the SDK works with; the newest that its package asks for can't be started by it. */
export const pinnedVersion = '0.0.1774569934-g39e3ec';

export const installAdvice =
  `Install the package ${sdkPackage}, with "overrides": { "${programPackage}": "${pinnedVersion}" } in your ` +
  `package.json, since newer versions of ${programPackage} have no program that it can start.`;

/** Where to look for Amp. */
export interface ProgramSearch {
  /** A path, or a name to be found in `path`; absent: the one that comes with the SDK. */
  readonly executable: string | undefined;
  /** The `PATH` of the agent. */
  readonly path: string;
  readonly cwd: string;
  /** From which file or folder the SDK is looked for, as an address or path. Default: this file. */
  readonly from?: string;
}

/** The program of Amp. */
export interface AmpProgram {
  /** Absolute path. */
  readonly path: string;
  /** True for a script that Node.js runs. */
  readonly isScript: boolean;
  /** As its package says; `undefined` for a program that has none. */
  readonly version?: string;
}

/** The program, or what is missing: the package that brings it, or the program itself. */
export async function findAmp(search: ProgramSearch): Promise<AmpProgram | 'no_package' | 'no_program'> {
  const where = { path: search.path, cwd: search.cwd };
  if (search.executable !== undefined) {
    const path = await findProgram(search.executable, where);
    return path === undefined ? 'no_program' : { path, isScript: await isNodeScript(path) };
  }
  const sdk = packageFile(sdkPackage, search.from ?? import.meta.url);
  if (sdk === undefined) return 'no_package';
  const packageJson = packageFile(programPackage, sdk);
  const description = packageJson === undefined ? {} : await readDescription(packageJson);
  const bin = textField(objectField(description, 'bin'), 'amp');
  if (packageJson === undefined || bin === undefined) return 'no_program';
  const path = await findProgram(join(dirname(packageJson), bin), where);
  if (path === undefined) return 'no_program';
  const version = textField(description, 'version');
  return { path, isScript: await isNodeScript(path), ...(version === undefined ? {} : { version }) };
}

/** The same, or `dependency_not_available` or `agent_not_installed` with advice. */
export async function requireAmp(search: ProgramSearch): Promise<AmpProgram> {
  const found = await findAmp(search);
  if (typeof found !== 'string') return found;
  if (found === 'no_package') {
    throw new AsmError(
      'dependency_not_available',
      `Amp comes with the package ${sdkPackage}, which is not installed. ${installAdvice}`,
      { details: { package: sdkPackage, ...decidedBy('executable') } },
    );
  }
  const wanted =
    search.executable === undefined
      ? `The package ${sdkPackage} brings no program of Amp that can be started.`
      : `There is no program ${JSON.stringify(search.executable)}.`;
  throw new AsmError('agent_not_installed', `${wanted} ${installAdvice}`, {
    details: decidedBy('executable'),
    provider: { provider: 'amp', kind: 'not_installed' },
  });
}

function packageFile(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, from);
  } catch {
    return undefined;
  }
}

async function readDescription(file: string): Promise<JsonObject> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** True for a file of JavaScript, by its name or by the interpreter in its first line. */
async function isNodeScript(path: string): Promise<boolean> {
  const file = await realpath(path).catch(() => path);
  if (/\.[cm]?js$/.test(file)) return true;
  const opened = await open(file, 'r').catch(() => undefined);
  if (opened === undefined) return false;
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(128), 0, 128, 0);
    const [firstLine = ''] = buffer.toString('latin1', 0, bytesRead).split('\n');
    return /^#!.*\bnode\b/.test(firstLine);
  } finally {
    await opened.close();
  }
}
