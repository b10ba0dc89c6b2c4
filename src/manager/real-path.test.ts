import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realPaths } from './real-path.ts';

let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'asm-real-path-')));
  await mkdir(join(root, 'project', 'src'), { recursive: true });
  await mkdir(join(root, 'out', 'deep'), { recursive: true });
  await writeFile(join(root, 'project', 'file'), '');
  await symlink('../out/deep', join(root, 'project', 'link'));
  await symlink(join(root, 'out', 'missing'), join(root, 'project', 'dangling'));
  await symlink('dangling', join(root, 'project', 'twice'));
  await symlink('loop', join(root, 'project', 'loop'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ['file', ['project/file']],
  ['./src/../file', ['project/file']],
  ['new/er/file', ['project/new/er/file']],
  ['link', ['out/deep']],
  ['link/new/file', ['out/deep/new/file']],
  // Programs that clean the path first see one place, the system another.
  ['link/../file', ['project/file', 'out/file']],
  ['link/../../project/file', ['project/file']],
  ['dangling', ['out/missing']],
  ['dangling/below', ['out/missing/below']],
  ['twice', ['out/missing']],
  ['loop', ['project/loop']],
  ['../out/x', ['out/x']],
])('%s', (path, expected) => {
  const places = realPaths(path, join(root, 'project')).map((place) => place.slice(root.length + 1));
  expect(places).toEqual(expected);
});

test('of nothing that exists', () => {
  expect(realPaths('/', '/')).toEqual(['/']);
  expect(realPaths('/nonexistent/a/../b', '/')).toEqual(['/nonexistent/b']);
});
