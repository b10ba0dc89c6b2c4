import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { documents, openAsmRoom } from './asm-room.ts';

const program = createRequire(import.meta.url).resolve('@agentclientprotocol/claude-agent-acp/dist/index.js');
const agents = `mine="${process.execPath}" '${program}'; gone=/nowhere/agent --acp`;

it('an agent runs by its command line, and goes on with what was said', async () => {
  await using room = await openAsmRoom([{ text: 'Violet.' }, { text: 'It was violet.' }]);
  const names = Object.keys(claudeEnvironment(room.server, { home: room.home }));
  const passed = names.filter((name) => /^(ANTHROPIC|CLAUDE|DISABLE)_/.test(name));
  const options = passed.flatMap((name) => ['--env', name]);
  const environment = { ASM_ACP_AGENTS: agents };
  const run = await room.asm(['run', '-p', 'mine', '--json', ...options, 'Name a colour.'], { environment });
  expect(run.code).toBe(0);
  const sessionId = String(documents(run)[0]?.['sessionId']);
  const [next, missing] = await room.each(
    [
      ['run', '--session', sessionId, '-r', 'none', ...options, 'Which was it?'],
      ['run', '-p', 'gone', 'go'],
    ],
    { environment },
  );
  expect(next).toMatchObject({ code: 0, output: 'It was violet.\n' });
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('Name a colour.');
  expect(missing?.code).toBe(5);
  expect(missing?.output).toContain('There is no program "/nowhere/agent".');
});
