/** Checks that the rooms of `src/` import each other only along the arrows of docs/architecture.md. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const capabilityRooms =
  'approvals audit continuity cost policy process query redaction rendering retention routing telemetry watchdog workspace';
const inner = ['domain', 'ports'];
const library = [...inner, ...capabilityRooms.split(' '), 'manager'];
const everything = [...library, 'runtime', 'workflow', 'bridge', 'providers', 'stores', 'artifacts', 'index'];

/** What each room may import beside itself; `index` is `src/index.ts`. A room that isn't here fails. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: ['domain'],
  ...Object.fromEntries(capabilityRooms.split(' ').map((room) => [room, inner])),
  manager: library,
  runtime: library,
  workflow: [...library, 'runtime'],
  bridge: [...inner, 'process'],
  providers: [...inner, 'process', 'bridge'],
  stores: inner,
  artifacts: inner,
  index: [...library, 'runtime'],
  cli: everything,
  testing: [...everything, 'cli'],
};

/** Static, type-only, re-exporting, side-effect and dynamic imports with a literal relative path. */
const importPattern = /(?:\bfrom|\bimport)[\s(]*(['"])(\.{1,2}\/[^'"\n]*)\1/g;

/** One line per import against the arrows, `file:line: the rule`, by file and line. Tests are free. */
export function importViolations(root: string): string[] {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !/\.test(-d)?\.ts$/.test(file));
  return files.sort().flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(importPattern)].flatMap((match) => {
      const rule = brokenRule(roomOf(file), roomOf(join(dirname(file), match[2] ?? '')));
      const line = text.slice(0, match.index).split('\n').length;
      return rule === undefined ? [] : [`${file}:${line}: ${rule}`];
    });
  });
}

function brokenRule(from: string, to: string): string | undefined {
  const [room = '', target = ''] = [from.split('/')[0], to.split('/')[0]];
  const allowed = arrows[room];
  if (allowed === undefined) return `${room} is no room; rooms are ${Object.keys(arrows).join(', ')}`;
  if (from === to || allowed.includes(target) || (room === target && room !== 'providers')) return undefined;
  return `${from} may not import ${to}, only itself and: ${allowed.join(', ') || 'nothing else'}`;
}

/** The first folder under `src/`; for a provider the first two, since providers never import each other. */
function roomOf(path: string): string {
  const [first = '', second = ''] = relative('src', path).split(sep);
  return first === 'providers' ? `${first}/${second}` : first.replace(/\.ts$/, '');
}

if (import.meta.main) {
  const violations = importViolations(process.cwd());
  console.log([...violations, `${violations.length} imports against the arrows.`].join('\n'));
  process.exitCode = violations.length === 0 ? 0 : 1;
}
