import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Links that are followed in one path at most, as systems do. */
const mostLinks = 40;

/**
 * Finds where paths lead when links are followed, as far as there are files: absolute. Two answers where programs read
 * a path differently: some take `..` out of the text first, the system follows the link before it. Each place is looked
 * at once, so that a finder is for one decision.
 */
export function realPathFinder(): (path: string, cwd: string) => readonly string[] {
  const finder = new RealPathFinder();
  return (path, cwd) => finder.find(path, cwd);
}

/** One path, in the same way. */
export function realPaths(path: string, cwd: string): readonly string[] {
  return new RealPathFinder().find(path, cwd);
}

/** A folder as it was named, without a slash at its end, and where it leads. */
interface Folder {
  readonly said: string;
  readonly real: string;
}

class RealPathFinder {
  /** Those that were looked at. */
  readonly #folders = new Map<string, Folder>();
  #last: Folder = { said: '', real: '' };

  find(path: string, cwd: string): readonly string[] {
    if (!path.includes('..')) return [this.#leadsTo(isClean(path) ? path : resolve(cwd, path), mostLinks)];
    const byText = this.#leadsTo(resolve(cwd, path), mostLinks);
    const bySystem = this.#walk(isAbsolute(path) ? path : `${cwd}/${path}`);
    return bySystem === byText ? [byText] : [byText, bySystem];
  }

  /** The folder that the path is in; `slash` is the place of its last slash. Most paths are in that of the one before. */
  #folderOf(path: string, slash: number, links: number): Folder {
    if (this.#last.said.length === slash && path.startsWith(this.#last.said)) return this.#last;
    const said = path.slice(0, slash);
    const folder = this.#folders.get(said) ?? { said, real: said === '' ? '' : this.#leadsTo(said, links) };
    this.#folders.set(said, folder);
    this.#last = folder;
    return folder;
  }

  /** For an absolute path without `..`. */
  #leadsTo(path: string, links: number): string {
    if (path === '/') return path;
    const slash = path.lastIndexOf('/');
    const { said, real } = this.#folderOf(path, slash, links);
    const place = real === said ? path : `${real === '/' ? '' : real}${path.slice(slash)}`;
    if (!isLink(place)) return place;
    const target = links > 0 ? linkTarget(place) : undefined;
    return target === undefined ? place : this.#leadsTo(resolve(dirname(place), target), links - 1);
  }

  /** Takes one part of the path after the other, as the system does. */
  #walk(path: string): string {
    let place = '/';
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      place = part === '..' ? dirname(place) : this.#leadsTo(join(place, part), mostLinks);
    }
    return place;
  }
}

/** Absolute, and without anything to take out. */
function isClean(path: string): boolean {
  return path.startsWith('/') && !/\/\.?(?:\/|$)/.test(path);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
