import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Links that are followed in one path at most, as systems do. */
const mostLinks = 40;

/**
 * Where a path leads when links are followed, as far as there are files: absolute. Two answers where programs read it
 * differently: some take `..` out of the text first, the system follows the link before it.
 */
export function realPaths(path: string, cwd: string): readonly string[] {
  const byText = leadsTo(resolve(cwd, path), mostLinks);
  if (!/(?:^|\/)\.\.(?:\/|$)/.test(path)) return [byText];
  const bySystem = walk(isAbsolute(path) ? path : `${cwd}/${path}`);
  return bySystem === byText ? [byText] : [byText, bySystem];
}

/** For an absolute path without `..`. */
function leadsTo(path: string, links: number): string {
  try {
    return realpathSync.native(path);
  } catch {
    // Nothing is there yet, or a link to nothing, through which something would be made.
  }
  const parent = dirname(path);
  if (parent === path) return path;
  const name = path.slice(parent === '/' ? 1 : parent.length + 1);
  const place = join(leadsTo(parent, links), name);
  const target = links > 0 ? linkTarget(place) : undefined;
  return target === undefined ? place : leadsTo(resolve(dirname(place), target), links - 1);
}

/** Takes one part of the path after the other, as the system does. */
function walk(path: string): string {
  let place = '/';
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    place = part === '..' ? dirname(place) : leadsTo(join(place, part), mostLinks);
  }
  return place;
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
