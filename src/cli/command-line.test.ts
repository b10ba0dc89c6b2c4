import { expect, test } from 'vitest';
import { buildCommandLine } from './command-line.ts';

test('help fits a narrow terminal', () => {
  const program = buildCommandLine('1.0.0');
  for (const command of [program, ...program.commands]) {
    // Subcommands print as wide as they are told.
    command.configureOutput({ getOutHelpWidth: () => 60 });
    const lines = command.helpInformation().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(60);
  }
});
