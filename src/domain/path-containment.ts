/** What has to be taken out of an absolute path: empty parts, `.` and `..`. */
const untidy = /\/(?:\.{0,2}\/|\.{0,2}$)/;

/** Makes a path absolute and takes `.` and `..` out of it, without looking at any file. */
export function resolvePath(path: string, cwd: string): string {
  const whole = path.startsWith('/') ? path : `${cwd}/${path}`;
  if (whole !== '/' && !untidy.test(whole)) return whole;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** True when a path is the folder or lies in it; both are absolute and without `.` and `..`. */
export function isWithin(folder: string, path: string): boolean {
  if (folder === '/') return true;
  return path.startsWith(folder) && (path.length === folder.length || path[folder.length] === '/');
}
