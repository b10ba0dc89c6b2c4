import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announced, runRow } from './asm-log.ts';
import { openAsmRoom, type AsmRoom } from './asm-room.ts';

async function policyFile(room: AsmRoom, name: string, policy: unknown): Promise<string> {
  const file = join(room.cwd, `${name}.json`);
  await writeFile(file, typeof policy === 'string' ? policy : JSON.stringify(policy));
  return file;
}

test('--policy holds the run to what the files say together, and prints that', async () => {
  await using room = await openAsmRoom();
  const org = await policyFile(room, 'org', { name: 'org', action: 'cancel', limits: { toolCalls: 9 } });
  const team = await policyFile(room, 'team', { name: 'team', rules: { deny: ['bash(touch)'] } });
  const words = ['run', '-p', 'shell', '--policy', org, '--policy', team];
  const [refused, allowed] = await room.each([
    [...words, 'touch made'],
    [...words, 'echo', 'ok'],
  ]);
  const { code, errors = '' } = refused ?? {};
  expect(code).toBe(1);
  expect(errors).toContain('policy org + team: cancel\n  toolCalls 9  [org]\n  deny bash(touch)  [team]\n');
  expect(errors).toMatch(/^failed \[policy_violation\]/m);
  expect(errors).toContain('policy org + team violated once');
  expect(existsSync(join(room.cwd, 'made'))).toBe(false);
  expect(await runRow(room, announced(errors).run)).toMatchObject({
    policy: { name: 'org + team', violationCount: 1, layers: [{ layer: 'gated' }] },
  });
  expect(allowed?.code).toBe(0);
});

test('a policy that is none, or that is not there, is refused before anything runs', async () => {
  await using room = await openAsmRoom();
  const wrong = [
    ['{ "rules": ', 'is not JSON'],
    [{ limits: { turns: -1 } }, 'The limit turns is a finite number from 0, not -1.'],
    [{ limit: {} }, 'Did you mean "limits"?'],
    [{ tools: [] }, 'a list of what is allowed is empty'],
  ] as const;
  const files = await Promise.all(
    wrong.map(async ([policy], index) => await policyFile(room, `bad-${index}`, policy)),
  );
  const messages = [...wrong.map(([, message]) => message), "The policy nowhere.json can't be read"];
  const ends = await room.each(
    [...files, 'nowhere.json'].map((file) => ['run', '-p', 'shell', '--policy', file, 'touch made']),
  );
  for (const [index, { code, output, errors }] of ends.entries()) {
    expect(code).not.toBe(0);
    expect(errors).toContain(messages[index]);
    expect([output, existsSync(join(room.cwd, 'made'))]).toEqual(['', false]);
  }
});
