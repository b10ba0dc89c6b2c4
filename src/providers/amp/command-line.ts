import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckedNative, CheckedOptions } from './options.ts';
import type { AmpProgram } from './program.ts';

export interface CommandParts {
  readonly program: AmpProgram;
  readonly options: CheckedOptions;
  readonly native: CheckedNative;
  readonly settingsFile: string;
  /** The thread to go on with. */
  readonly thread: string | undefined;
  /** True: Amp reads what the project brings to configure it. */
  readonly trustProject: boolean;
}

/** The program and its arguments. The prompt comes on standard input, and secrets are in the settings. */
export function commandLine(parts: CommandParts): {
  readonly command: string;
  readonly arguments: readonly string[];
} {
  const { program, native, options, thread } = parts;
  const mode = native.mode ?? options.mode;
  const own = [
    ...(thread === undefined ? [] : ['threads', 'continue', thread]),
    '--execute',
    '--stream-json-thinking',
    '--stream-json-input',
    '--no-ide',
    '--no-jetbrains',
    '--no-notifications',
    '--no-color',
    '--settings-file',
    parts.settingsFile,
    ...(mode === undefined ? [] : ['--mode', mode]),
    ...(native.visibility === undefined ? [] : ['--visibility', native.visibility]),
    ...(native.labels ?? []).flatMap((label) => ['--label', label]),
  ];
  if (!program.isScript) return { command: program.path, arguments: own };
  const preload = parts.trustProject
    ? []
    : ['--disable-warning=ExperimentalWarning', '--import', preloadFile()];
  return { command: process.execPath, arguments: [...preload, program.path, ...own] };
}

/** The module that is loaded before Amp: a source file or what was made of it, as this file is. */
function preloadFile(): string {
  return new URL(`./withhold-project${extname(fileURLToPath(import.meta.url))}`, import.meta.url).href;
}
