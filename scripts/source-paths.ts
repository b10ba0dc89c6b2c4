import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/**
 * Every name by which users import this package, with the source file behind it as an absolute path:
 * `agent-session-manager/sqlite` → `…/src/stores/sqlite/index.ts`. In the form of the compiler's `paths`.
 */
export function sourcePaths(root: string): Record<string, string[]> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const paths: Record<string, string[]> = {};
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue;
    const source = target.default.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts');
    paths[`${manifest.name}${subpath.slice(1)}`] = [join(root, source)];
  }
  return paths;
}
