import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import { lookAt } from '../../process/look-at.ts';
import { codexHome } from './environment.ts';

/**
 * Refuses to go on when Codex has rules of its own, by which it would run commands without asking the gate:
 * those that a person allowed for ever in Codex's terminal interface.
 */
export async function refuseOwnRules(environment: Readonly<Record<string, string>>): Promise<void> {
  for (const folder of [join(codexHome(environment), 'rules'), '/etc/codex/rules']) {
    if (lookAt(folder)?.isDirectory() !== true) continue;
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((found) => found.endsWith('.rules'))) {
      const file = join(folder, name);
      // What can't be read could say anything.
      const text = await readFile(file, 'utf8').catch(() => 'unknown');
      if (text.split('\n').every((line) => /^\s*(?:#|$)/.test(line))) continue;
      throw new AsmError(
        'invalid_input',
        `By its own rules in ${file} Codex runs commands without asking. Move the file away, or let Codex have its rules.`,
        { details: decidedBy('ownRules'), provider: { provider: 'codex', kind: 'own_rules' } },
      );
    }
  }
}
