import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourcePaths } from './source-paths.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Where the package has to be unpacked in a consumer's folder. */
export function installedFolder(consumer: string): string {
  return join(consumer, 'node_modules', 'agent-session-manager');
}

/**
 * Writes a project that uses the package as a user would: the packed files, the dependencies that it
 * declares and Node's types, but none of the optional peers. It needs no network, since the dependencies
 * are links into our own node_modules.
 */
export function writeConsumer(consumer: string, root: string): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    const link = join(consumer, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  const entries = Object.keys(sourcePaths(root));
  writeFileSync(
    join(consumer, 'package.json'),
    '{ "name": "consumer", "private": true, "type": "module" }\n',
  );
  writeFileSync(join(consumer, 'types.ts'), typeUse(entries));
  writeFileSync(join(consumer, 'run.mjs'), runtimeUse(entries));
  writeFileSync(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable'],
        module: 'nodenext',
        types: ['node'],
      },
      files: ['types.ts'],
    }),
  );
}

function typeUse(entries: readonly string[]): string {
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
  const names = entries.map((_, index) => `entry${index}`);
  return `${imports.join('\n')}\nexport const all: readonly object[] = [${names.join(', ')}];\n`;
}

/** Imports each entry and prints how many names it exports; an entry without any is a failure. */
function runtimeUse(entries: readonly string[]): string {
  return `for (const entry of ${JSON.stringify(entries)}) {
  const names = Object.keys(await import(entry));
  console.log(entry + ': ' + names.length + ' names');
  if (names.length === 0) process.exitCode = 1;
}
`;
}
