/** `npm run example -- <name> [arguments]`: runs one program of `examples/`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { nearestName } from '../src/domain/nearest-name.ts';
import { exampleNames } from './example-programs.ts';

const root = join(import.meta.dirname, '..');
const [name, ...args] = process.argv.slice(2);
const names = exampleNames(root);

if (name === undefined || !names.includes(name)) {
  const guess = name === undefined ? undefined : nearestName(name, names);
  if (name !== undefined && !name.startsWith('-')) console.error(`There is no example "${name}".`);
  if (guess !== undefined) console.error(`Did you mean: npm run example -- ${guess}`);
  console.error('Usage: npm run example -- <name> [--provider <provider>] [--offline]');
  console.error(`Examples:\n${names.map((each) => `  ${each}`).join('\n')}`);
  process.exitCode = 2;
} else {
  const child = spawn(process.execPath, [join(root, 'examples', `${name}.ts`), ...args], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches the example by itself; this process has to outlive it, to say how it ended.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
