import { expect, it } from 'vitest';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { openAsmRoom } from './asm-room.ts';

it('an agent gets the variables that are named, and a secret among them is not stored', async () => {
  await using room = await openAsmRoom();
  const environment = { GREETING: 'hello there', ACME_API_KEY: 'plain-looking-value.17', OTHER: 'unnamed' };
  const script = 'echo "$GREETING, ${#ACME_API_KEY}, ${OTHER-nothing}: $ACME_API_KEY."';
  const words = ['run', '-p', 'shell', '-r', 'none', '--shell'];
  const [named, value, unset, ours] = await room.each(
    [
      [...words, '--env', 'GREETING', '--env', 'ACME_API_KEY', script],
      [...words, '--env', 'ACME_API_KEY=on-the-command-line', script],
      [...words, '--env', 'NOT_SET_HERE', script],
      [...words, '--env', 'ASM_RUN_COOKIE', script],
    ],
    { environment },
  );
  expect(named).toMatchObject({ code: 0, output: 'hello there, 22, nothing: [REDACTED:variable]\n' });
  expect(value).toMatchObject({ code: 2, output: '' });
  expect(value?.errors).toContain('--env takes the name of a variable');
  expect(value?.errors).not.toContain('on-the-command-line');
  expect(unset).toMatchObject({ code: 2, output: '' });
  expect(unset?.errors).toContain('NOT_SET_HERE: this variable is not set');
  expect(ours).toMatchObject({ code: 2, output: '' });
});

it("a model provider of Codex' own configuration gets its key, and the native options of the run hold", async () => {
  await using room = await openAsmRoom([{ text: 'It works.' }]);
  const { SCRIPTED_KEY, CODEX_HOME } = codexEnvironment(room.server, { home: room.home });
  const environment = { SCRIPTED_KEY, CODEX_HOME };
  const words = ['run', '-p', 'codex', '-r', 'none'];
  const [without, given] = await room.each(
    [
      [...words, 'go'],
      [...words, '--env', 'SCRIPTED_KEY', '--native', 'reasoningEffort=high', 'go'],
    ],
    {
      environment,
    },
  );
  expect(without).toMatchObject({ code: 5, output: '' });
  expect(without?.errors).toContain('did not get the variable SCRIPTED_KEY');
  expect(without?.errors).toContain('pass it on with --env SCRIPTED_KEY.');
  expect(given).toMatchObject({ code: 0, output: 'It works.\n' });
  expect(room.server.mainRequests.map(({ body }) => body)).toMatchObject([{ reasoning: { effort: 'high' } }]);
});
