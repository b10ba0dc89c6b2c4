import { expect, test } from 'vitest';
import { behindCommand } from './leading-options.ts';

test('what all commands take may stand before the command', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['--store a.db sessions --limit 3', 'sessions --store a.db --limit 3'],
    ['--store=a.db --json queue promote run_1', 'queue --store=a.db --json promote run_1'],
    ['--json run -- ls --json', 'run --json -- ls --json'],
  ];
  for (const [given, understood] of forms) expect(behindCommand(given.split(' ')).join(' ')).toBe(understood);
});

test('all else stays as it is', () => {
  const same = [
    'sessions --json',
    '--help',
    '--json',
    '--store',
    '--store a.db --help',
    '--limit 3 sessions',
  ];
  for (const words of same) expect(behindCommand(words.split(' ')).join(' ')).toBe(words);
});
