import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { keepCompiled } from './node-compile-cache.ts';

const run = promisify(execFile);

/** A script of Node in a folder of its own, which tells the variable as it and as its children have it. */
async function openRoom() {
  const home = await mkdtemp(join(tmpdir(), 'asm-compiled-'));
  const script = join(home, 'script.mjs');
  const lines = [
    `import { execFileSync, fork } from 'node:child_process';`,
    `import { once } from 'node:events';`,
    `import './part.mjs';`,
    `const ofChild = execFileSync(process.execPath, ['-p', 'process.env.NODE_COMPILE_CACHE']);`,
    `const child = new URL('child.mjs', import.meta.url);`,
    `const [ofFork] = await once(fork(child, { env: { NODE_COMPILE_CACHE: '${home}/own' } }), 'message');`,
    `console.log(process.env.NODE_COMPILE_CACHE, String(ofChild).trim(), ofFork, ...process.argv.slice(2));`,
  ];
  await writeFile(join(home, 'part.mjs'), 'export const part = () => 1;');
  await writeFile(join(home, 'child.mjs'), 'process.send(process.env.NODE_COMPILE_CACHE);');
  await writeFile(script, lines.join('\n'));
  return {
    home,
    start: (environment: Readonly<Record<string, string>>) =>
      keepCompiled({ command: process.execPath, arguments: [script, 'given'], environment }),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
  };
}

async function output(start: ReturnType<typeof keepCompiled>): Promise<string> {
  const { command, arguments: given, environment } = start;
  return (await run(command, [...given], { env: { ...environment } })).stdout.trim();
}

describe('keepCompiled', () => {
  it('has a script kept in the cache folder of its own environment, and what it starts not', async () => {
    await using room = await openRoom();
    for (const [environment, folder] of [
      [{ HOME: room.home }, join(room.home, '.cache')],
      [{ HOME: room.home, XDG_CACHE_HOME: join(room.home, 'named') }, join(room.home, 'named')],
      [{ HOME: room.home, XDG_CACHE_HOME: 'not/absolute' }, join(room.home, '.cache')],
    ] as const) {
      await rm(folder, { recursive: true, force: true });
      expect(await output(room.start(environment))).toBe(`undefined undefined ${room.home}/own given`);
      const versions = await readdir(join(folder, 'agent-session-manager', 'node'));
      expect(versions).toHaveLength(1);
      const kept = await readdir(join(folder, 'agent-session-manager', 'node', versions[0] ?? ''));
      expect(kept.length).toBeGreaterThanOrEqual(2);
    }
  });

  it('leaves a script to itself when nothing can be kept', async () => {
    await using room = await openRoom();
    await mkdir(join(room.home, '.cache'));
    await writeFile(join(room.home, '.cache', 'agent-session-manager'), 'no folder');
    expect(await output(room.start({ HOME: room.home }))).toBe(`undefined undefined ${room.home}/own given`);
  });

  it.each([
    ['a home', {}],
    ['an absolute home', { HOME: 'here' }],
    ['being asked for its own', { HOME: '/home/me', NODE_COMPILE_CACHE: '/kept' }],
    ['being asked at all', { HOME: '/home/me', NODE_DISABLE_COMPILE_CACHE: '1' }],
  ])('keeps nothing without %s', (_without, environment) => {
    const start = { command: process.execPath, arguments: ['script.js'], environment };
    expect(keepCompiled(start)).toBe(start);
  });

  it('gives any other program back as it is', () => {
    const start = { command: '/usr/bin/gemini', arguments: ['--acp'], environment: { HOME: '/home/me' } };
    expect(keepCompiled(start)).toBe(start);
  });
});
