import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { documents, openAsmRoom } from './asm-room.ts';

const program = createRequire(import.meta.url).resolve('@agentclientprotocol/claude-agent-acp/dist/index.js');
const agents = `mine="${process.execPath}" '${program}'; gone=/nowhere/agent --acp`;

it('an agent runs by its command line, goes on with what was said, and stands in asm doctor', async () => {
  await using room = await openAsmRoom([{ text: 'Violet.' }, { text: 'It was violet.' }]);
  const names = Object.keys(claudeEnvironment(room.server, { home: room.home }));
  const passed = names.filter((name) => /^(ANTHROPIC|CLAUDE|DISABLE)_/.test(name));
  const options = passed.flatMap((name) => ['--env', name]);
  const environment = { ASM_ACP_AGENTS: agents };
  const run = await room.asm(['run', '-p', 'mine', '--json', ...options, 'Name a colour.'], { environment });
  expect(run.code).toBe(0);
  const sessionId = String(documents(run)[0]?.['sessionId']);
  const [next, doctor, missing] = await room.each(
    [
      ['run', '--session', sessionId, '-r', 'none', ...options, 'Which was it?'],
      ['doctor', '--json'],
      ['run', '-p', 'gone', 'go'],
    ],
    { environment },
  );
  expect(next).toMatchObject({ code: 0, output: 'It was violet.\n' });
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('Name a colour.');
  expect(documents(doctor)[0]?.['providers']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'mine', agent: expect.objectContaining({ installed: true }) }),
      expect.objectContaining({ name: 'gone', agent: expect.objectContaining({ installed: false }) }),
    ]),
  );
  expect(missing?.code).toBe(5);
  expect(missing?.output).toContain('There is no program "/nowhere/agent".');
});

it.each([
  ['claude=my-agent', 'There is a provider "claude" already.'],
  ['mine=one; mine=two', 'There is a provider "mine" already.'],
  ['mine=one | two', 'without shell syntax'],
  ['mine', 'It is <name>=<command line>'],
  ['mine=', 'It is <name>=<command line>'],
  ['--acp=one', 'It is <name>=<command line>'],
])('a wrong ASM_ACP_AGENTS is wrong use: %s', async (text, why) => {
  await using room = await openAsmRoom();
  const environment = { ASM_ACP_AGENTS: text };
  const [run, doctor, sessions] = await room.each([['run', '-p', 'mine', 'go'], ['doctor'], ['sessions']], {
    environment,
  });
  for (const end of [run, doctor]) {
    expect(end).toMatchObject({ code: 2, output: '' });
    expect(end?.errors).toContain('In the variable ASM_ACP_AGENTS: ');
    expect(end?.errors).toContain(why);
  }
  expect(sessions?.code).toBe(0);
});
