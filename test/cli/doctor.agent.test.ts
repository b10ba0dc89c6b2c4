import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testedVersions } from '../../src/providers/claude/tested-versions.ts';
import { documents, openAsmRoom } from './asm-room.ts';

it('doctor finds the versions that are tested, and tells which agents are ready', async () => {
  await using room = await openAsmRoom();
  const { code, output, errors } = await room.asm(['doctor', '--json']);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const agent = expect.objectContaining({ installed: true, standing: 'tested' });
  expect(documents(output)).toMatchObject([
    {
      store: room.store,
      providers: expect.arrayContaining([
        ...['claude', 'codex', 'amp', 'claude-agent-acp'].map((name) =>
          expect.objectContaining({ name, agent }),
        ),
        expect.objectContaining({
          ...{ name: 'claude', signedIn: 'yes' },
          agent: expect.objectContaining({ tested: testedVersions }),
        }),
        expect.objectContaining({ name: 'shell' }),
      ]),
    },
  ]);
});

it('doctor shows a table, without colours in a pipe, and whether the store can be opened', async () => {
  await using room = await openAsmRoom();
  const store = join(room.home, 'folder');
  await mkdir(store);
  const { code, output, errors } = await room.asm(['doctor', '--store', store], {
    environment: { CI: 'true', TERM: 'xterm-256color', COLORTERM: 'truecolor' },
  });
  expect({ code, errors }).toEqual({ code: 4, errors: '' });
  expect(output).toMatch(/^ok +claude +\d+\.\d+\.\d+ +yes +\/.*claude$/m);
  expect(output).toMatch(new RegExp(`^store +${store}$`, 'm'));
  expect(output).toMatch(/^store: .* \[storage_invalid\]$/m);
  expect(output).not.toContain('\u001B');
});
