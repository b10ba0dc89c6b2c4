/**
 * Loaded into Amp's process before Amp itself: to Amp, what a project brings to configure it doesn't exist.
 * Amp has no option for that, and what it reads there would switch our permission rule off and start
 * programs before anybody is asked. Only reading is withheld; Amp's tools write as ever.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { homedir } from 'node:os';
import { createWithholding, withheldPaths } from './withheld-files.ts';

const isWithheld = createWithholding(withheldPaths(process.cwd(), homedir()));

const readers = ['access', 'lstat', 'open', 'opendir', 'readFile', 'readdir', 'readlink', 'realpath', 'stat'];

for (const name of readers) {
  replace(fs.promises, name, (path) => Promise.reject(notFound(name, path)));
  replace(fs, `${name}Sync`, (path) => {
    throw notFound(name, path);
  });
  replace(fs, name, (path, ...rest) => {
    const callback = rest.at(-1);
    if (typeof callback === 'function') process.nextTick(callback, notFound(name, path));
  });
}
replace(fs, 'existsSync', () => false);
syncBuiltinESMExports();

/** Puts a function in the place of another; it is called for withheld paths only. */
function replace(owner: object, name: string, forWithheld: (...given: readonly unknown[]) => unknown): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  const replaced = function (this: unknown, ...given: readonly unknown[]): unknown {
    return isWithheld(given[0]) ? forWithheld(...given) : Reflect.apply(original, this, given);
  };
  // What functions carry along, such as `realpath.native` and their form as promises.
  Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(original));
  Reflect.set(owner, name, replaced);
}

function notFound(call: string, path: unknown): NodeJS.ErrnoException {
  const error = new Error(`ENOENT: no such file or directory, ${call} '${String(path)}'`);
  return Object.assign(error, { code: 'ENOENT', errno: -2, syscall: call, path: String(path) });
}
