/**
 * `npm run package`: builds and packs the package into a temporary folder, and looks at it as its users will:
 * publint, "are the types wrong", a strict compilation without the optional peers, an import of every entry,
 * and the start of `asm`. Nothing is fetched, and dist/ of the checkout is left alone.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedFolder, writeConsumer } from './package-consumer.ts';
import { runCommand } from './run-command.ts';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const folder = mkdtempSync(join(tmpdir(), 'asm-package-'));
const stage = join(folder, 'stage');
const consumer = join(folder, 'consumer');

try {
  await step('build', join(bin, 'tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(stage, 'dist')], root);
  copyPackageFiles();
  await step('pack', 'npm', ['pack', '--ignore-scripts', '--offline', '--pack-destination', folder], stage);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack has made no file.');
  const packed = join(folder, tarball);

  await step('publint', join(bin, 'publint'), ['run', packed, '--strict'], stage);
  const attwArgs = [packed, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'];
  await step('types resolve', join(bin, 'attw'), attwArgs, stage);

  const installed = installedFolder(consumer);
  mkdirSync(installed, { recursive: true });
  await step('unpack', 'tar', ['-xzf', packed, '-C', installed, '--strip-components=1'], consumer);
  writeConsumer(consumer, root);
  await step('compile as a consumer', join(bin, 'tsc'), ['-p', 'tsconfig.json'], consumer);
  await step('import as a consumer', process.execPath, ['run.mjs'], consumer);
  await step('asm --help', process.execPath, [join(installed, 'bin', 'asm.js'), '--help'], consumer);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Everything that `files` can name, and a manifest that doesn't build again when it is packed. */
function copyPackageFiles(): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(stage, 'package.json'), JSON.stringify({ ...manifest, scripts: {} }, null, 2));
  for (const name of ['bin', 'docs', 'src', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(stage, name), { recursive: true });
  }
}

async function step(name: string, program: string, args: readonly string[], cwd: string): Promise<void> {
  const start = performance.now();
  const result = await runCommand(program, args, { cwd, timeout: 300_000 });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const passed = result.code === 0;
  console.log(`${passed ? 'ok    ' : 'failed'}  ${name} (${seconds} s)`);
  if (!passed)
    throw new Error(`\n${result.output.trimEnd()}\n\n${name}: ${program} ${args.join(' ')} failed.`);
}
