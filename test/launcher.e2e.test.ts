import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** The files as they lie in a project that installed the package, with a command that tells what it got. */
let project: string;
let packageFolder: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'asm-launcher-'));
  packageFolder = join(project, 'node_modules', 'agent-session-manager');
  mkdirSync(join(packageFolder, 'bin'), { recursive: true });
  writeFileSync(join(packageFolder, 'package.json'), '{ "type": "module" }');
  for (const file of ['asm.js', 'find-node.js']) {
    copyFileSync(join(import.meta.dirname, '..', 'bin', file), join(packageFolder, 'bin', file));
  }
});

afterEach(() => {
  rmSync(project, { recursive: true, force: true });
});

function command(file: string, text: string): void {
  mkdirSync(join(packageFolder, file, '..'), { recursive: true });
  writeFileSync(join(packageFolder, file), text);
}

/** Puts a `node` where npm would, from the one that runs this test. */
function installNode(folder: string): void {
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(process.execPath, join(folder, 'node_modules', '.bin', 'node'));
}

/** Says what an old Node would say of itself, since the one at hand is new enough. */
function pretendOldNode(): string {
  const file = join(project, 'old-node.mjs');
  // Only the first process is old; the one it starts is what it is.
  writeFileSync(
    file,
    `if (process.env.PRETENDED === undefined) {
      process.env.PRETENDED = 'yes';
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '12.22.0' } });
    }`,
  );
  return file;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

async function run(options: { readonly old?: boolean; readonly kill?: NodeJS.Signals } = {}): Promise<Ended> {
  const preload = options.old === true ? ['--import', pretendOldNode()] : [];
  const child = spawn(
    process.execPath,
    [...preload, join(packageFolder, 'bin', 'asm.js'), 'one', 'two words'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: project,
      // A session of its own has no terminal, so every signal has to be handed on.
      detached: true,
    },
  );
  const pieces = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    pieces.output += text;
    // Once: a second one would meet a launcher whose command has ended.
    if (options.kill !== undefined && pieces.output === 'ready\n') child.kill(options.kill);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (pieces.errors += text));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...pieces }));
  });
}

const tellArguments = 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;';

test('runs the built command with the arguments', async () => {
  command('dist/cli/main.js', tellArguments);
  expect(await run()).toMatchObject({ code: 7, output: '["one","two words"]\n', errors: '' });
});

test('runs from the sources when nothing is built', async () => {
  const source = join(project, 'checkout');
  mkdirSync(source);
  for (const folder of ['bin', 'src/cli']) mkdirSync(join(source, folder), { recursive: true });
  writeFileSync(join(source, 'package.json'), '{ "type": "module" }');
  copyFileSync(join(packageFolder, 'bin', 'asm.js'), join(source, 'bin', 'asm.js'));
  packageFolder = source;
  command('src/cli/main.ts', `const text: string = 'from the sources'; console.log(text);`);
  expect(await run()).toMatchObject({ code: 0, output: 'from the sources\n' });
});

test('an old Node runs the command with the Node beside the package', async () => {
  command('dist/cli/main.js', tellArguments);
  installNode(project);
  expect(await run({ old: true })).toMatchObject({ code: 7, output: '["one","two words"]\n', errors: '' });
});

test('an old Node without a newer one says in one line what is needed', async () => {
  const ended = await run({ old: true });
  expect(ended).toMatchObject({ code: 69, output: '' });
  expect(ended.errors).toMatch(/^asm needs Node\.js 24 or newer and was started with 12\.22\.0; .*\n$/);
});

test('a Node beside the package that is too old itself is not used', async () => {
  mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true });
  const fake = join(project, 'node_modules', '.bin', 'node');
  writeFileSync(fake, '#!/bin/sh\necho v20.20.2\n');
  chmodSync(fake, 0o755);
  expect((await run({ old: true })).code).toBe(69);
});

test('a signal reaches the command, and its own exit code comes back', async () => {
  command(
    'dist/cli/main.js',
    `process.on('SIGINT', () => { console.log('interrupted'); process.exit(130); });
     setTimeout(() => process.exit(1), 15000); console.log('ready');`,
  );
  installNode(project);
  const ended = await run({ old: true, kill: 'SIGINT' });
  expect(ended).toMatchObject({ code: 130, output: 'ready\ninterrupted\n' });
});

test('a command that a signal ends is seen to have ended by it', async () => {
  command('dist/cli/main.js', `setTimeout(() => process.exit(1), 15000); console.log('ready');`);
  installNode(project);
  expect(await run({ old: true, kill: 'SIGTERM' })).toMatchObject({ code: null, signal: 'SIGTERM' });
});
