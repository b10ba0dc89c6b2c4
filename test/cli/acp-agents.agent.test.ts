import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { openAsmRoom } from './asm-room.ts';

const program = createRequire(import.meta.url).resolve('@agentclientprotocol/claude-agent-acp/dist/index.js');
const agents = `mine="${process.execPath}" '${program}'; gone=/nowhere/agent --acp`;

it('an agent runs by its command line, and one that is not there says so', async () => {
  await using room = await openAsmRoom([{ text: 'Violet.' }]);
  const names = Object.keys(claudeEnvironment(room.server, { home: room.home }));
  const passed = names.filter((name) => /^(ANTHROPIC|CLAUDE|DISABLE)_/.test(name));
  const options = passed.flatMap((name) => ['--env', name]);
  const [run, missing] = await room.each(
    [
      ['run', '-p', 'mine', '-r', 'none', ...options, 'Name a colour.'],
      ['run', '-p', 'gone', 'go'],
    ],
    { environment: { ASM_ACP_AGENTS: agents } },
  );
  expect(run).toMatchObject({ code: 0, output: 'Violet.\n' });
  expect(missing?.code).toBe(5);
  expect(missing?.output).toContain('There is no program "/nowhere/agent".');
});
