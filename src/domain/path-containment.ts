/** Makes a path absolute and takes `.` and `..` out of it, without looking at any file. */
function resolvePath(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** True when a path is the folder or lies in it; both may be relative to `cwd`. Links are not followed. */
export function isInside(folder: string, path: string, cwd: string): boolean {
  const root = resolvePath(folder, cwd);
  const target = resolvePath(path, cwd);
  return target === root || root === '/' || target.startsWith(`${root}/`);
}
