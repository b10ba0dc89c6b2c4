import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Links that are followed in one path at most, as systems do. */
const mostLinks = 40;

/**
 * Finds where paths lead when links are followed, as far as there are files: absolute. Two answers where programs read
 * a path differently: some take `..` out of the text first, the system follows the link before it. Paths without `..` are
 * absolute and tidy. Each place is looked at once, so that a finder is for one decision.
 */
export function realPathFinder(): (path: string, cwd: string) => readonly string[] {
  const finder = new RealPathFinder();
  return (path, cwd) => finder.find(path, cwd);
}

/** One path of any form, in the same way. */
export function realPaths(path: string, cwd: string): readonly string[] {
  return new RealPathFinder().find(path.includes('..') ? path : resolve(cwd, path), cwd);
}

class RealPathFinder {
  /** Where those lead that were looked at. */
  readonly #known = new Map<string, string>();
  /** The folder of the path before, where most are, and where it leads; without a slash at the end. */
  #folder = '';
  #realFolder = '';

  find(path: string, cwd: string): readonly string[] {
    if (!path.includes('..')) return [this.#leadsTo(path, mostLinks)];
    const byText = this.#leadsTo(resolve(cwd, path), mostLinks);
    const bySystem = this.#walk(isAbsolute(path) ? path : `${cwd}/${path}`);
    return bySystem === byText ? [byText] : [byText, bySystem];
  }

  /** For an absolute path without `..`. */
  #leadsTo(path: string, links: number): string {
    if (path === '/') return path;
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    if (slash !== this.#folder.length || !path.startsWith(this.#folder)) {
      const folder = path.slice(0, slash);
      this.#realFolder = slash === 0 ? '' : this.#leadsTo(folder, links);
      this.#folder = folder;
    }
    const place =
      this.#realFolder === this.#folder
        ? path
        : `${this.#realFolder === '/' ? '' : this.#realFolder}${path.slice(slash)}`;
    const target = links > 0 && isLink(place) ? linkTarget(place) : undefined;
    const real = target === undefined ? place : this.#leadsTo(resolve(dirname(place), target), links - 1);
    this.#known.set(path, real);
    return real;
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
