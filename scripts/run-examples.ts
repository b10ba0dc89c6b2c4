/**
 * `npm run examples [-- --offline]`: runs every program of `examples/` and prints how each ended; those
 * that take `--provider` once with each agent, or with the one that is given.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exampleAgents } from '../examples/support/example-agent.ts';
import { exampleNames } from './example-programs.ts';
import { runCommand, type CommandResult } from './run-command.ts';

/** Milliseconds that one example may take: to end what hangs, not to measure. */
const timeout = 600_000;

const root = join(import.meta.dirname, '..');
const given = process.argv.slice(2);
// A flag that nobody knows must not start agents with a real account.
parseArgs({ args: given, options: { offline: { type: 'boolean' }, provider: { type: 'string' } } });
const names = exampleNames(root);
const runs = names.flatMap((name) => providersOf(name).map((provider) => ({ name, provider })));
const width = Math.max(7, ...names.map((name) => name.length));
const failed: string[] = [];

console.log(`${'example'.padEnd(width)}  agent   result     seconds`);
/** Two at once, for the two cores that a machine has at least. */
const waiting = [...runs];
const work = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runExample(next);
};
await Promise.all([work(), work()]);

for (const report of failed) console.error(`\n${report}`);
console.log(
  `\n${runs.length - failed.length} of ${runs.length} runs of ${names.length} examples did what they show.`,
);
process.exitCode = failed.length === 0 && runs.length > 0 ? 0 : 1;

async function runExample({ name, provider }: (typeof runs)[number]): Promise<void> {
  const start = performance.now();
  const chosen = provider === undefined ? [] : ['--provider', provider];
  const program = [join('examples', `${name}.ts`), ...given, ...chosen];
  const result = await runCommand(process.execPath, program, { cwd: root, timeout });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const row = [
    name.padEnd(width),
    (provider ?? '').padEnd(6),
    describe(result).padEnd(9),
    seconds.padStart(7),
  ];
  console.log(row.join('  '));
  if (result.code !== 0) failed.push(`--- ${row.join('  ')}\n${tail(result.output)}`);
}

/** The agents that an example is to run with; `undefined` for one that chooses by itself. */
function providersOf(name: string): readonly (string | undefined)[] {
  const source = readFileSync(join(root, 'examples', `${name}.ts`), 'utf8');
  const takesAny = source.includes('setUpExample(') && !/\bonly: \[/.test(source);
  return takesAny && !given.includes('--provider') ? exampleAgents.map((agent) => agent.name) : [undefined];
}

function describe(result: CommandResult): string {
  if (result.timedOut) return 'timed out';
  if (result.code === 0) return 'ok';
  return result.signal === null ? `exit ${result.code}` : result.signal;
}

function tail(output: string): string {
  return output.trimEnd().split('\n').slice(-60).join('\n');
}
