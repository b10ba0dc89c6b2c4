import { join } from 'node:path';
import { codex } from '../../src/providers/codex/provider.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import { testForbidden } from '../forbidden/forbidden-suite.ts';
import { newFile, patch, shell } from './codex-step.ts';

testForbidden({
  name: 'codex',
  provider: () => codex(),
  environment: (server, home) => codexEnvironment(server, { home }),
  call(attempt) {
    if ('command' in attempt) return shell(attempt.command);
    if ('write' in attempt) return newFile(attempt.write, 'x');
    const { server, tool, path } = attempt.mcp;
    return { name: `mcp__${server}__${tool}`, input: { path } };
  },
  callsAtOnce: 1,
  elsewhere: ({ outside }) => ({
    name: 'exec_command',
    input: { cmd: 'echo x > elsewhere', workdir: outside },
  }),
  changing: ({ cwd, file }) => [
    shell(`touch '${file()}'`),
    newFile(join(cwd, 'written'), 'x'),
    patch(
      `*** Update File: ${join(cwd, 'known')}\n*** Move to: ${join(cwd, 'moved')}\n@@\n-known\n+changed\n`,
    ),
    patch(`*** Delete File: ${join(cwd, 'known')}\n*** Add File: ${join(cwd, 'added')}\n+x\n`),
  ],
  refusesBy: 'sandbox = read-only: exec_command, apply_patch',
});
