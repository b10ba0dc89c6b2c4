import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The names of the programs in `examples/`, sorted: every `.ts` file directly in it. What several programs
 * share lies in folders below it, or beside it as `demo-*.ts`.
 */
export function exampleNames(root: string): string[] {
  return readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .filter((name) => !name.startsWith('demo-'))
    .sort();
}
