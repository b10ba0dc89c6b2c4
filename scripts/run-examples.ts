/** `npm run examples [-- --offline]`: runs every program of `examples/` and prints how each ended. */
import { join } from 'node:path';
import { exampleNames } from './example-programs.ts';
import { runCommand, type CommandResult } from './run-command.ts';

/** Milliseconds that one example may take: to end what hangs, not to measure. */
const timeout = 600_000;

const root = join(import.meta.dirname, '..');
const names = exampleNames(root);
const width = Math.max(7, ...names.map((name) => name.length));
const failed: string[] = [];

console.log(`${'example'.padEnd(width)}  result     seconds`);
for (const name of names) {
  const start = performance.now();
  const result = await runCommand(
    process.execPath,
    [join('examples', `${name}.ts`), ...process.argv.slice(2)],
    {
      cwd: root,
      timeout,
    },
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name.padEnd(width)}  ${describe(result).padEnd(9)}  ${seconds.padStart(7)}`);
  if (result.code !== 0) failed.push(`--- ${name}: ${describe(result)}\n${tail(result.output)}`);
}

for (const report of failed) console.error(`\n${report}`);
console.log(`\n${names.length - failed.length} of ${names.length} examples did what they show.`);
process.exitCode = failed.length === 0 && names.length > 0 ? 0 : 1;

function describe(result: CommandResult): string {
  if (result.timedOut) return 'timed out';
  if (result.code === 0) return 'ok';
  return result.signal === null ? `exit ${result.code}` : result.signal;
}

function tail(output: string): string {
  return output.trimEnd().split('\n').slice(-60).join('\n');
}
