import { join } from 'node:path';
import { amp } from '../../src/providers/amp/provider.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import { testForbidden } from '../forbidden/forbidden-suite.ts';

testForbidden({
  name: 'amp',
  provider: () => amp(),
  environment: (server, home) => ampEnvironment(server, { home }),
  call(attempt, { cwd }) {
    if ('command' in attempt) return { name: 'Bash', input: { cmd: attempt.command } };
    if ('mcp' in attempt) {
      const { server, tool, path } = attempt.mcp;
      return { name: `mcp__${server}__${tool}`, input: { path } };
    }
    // Its tool takes absolute paths only.
    const path = attempt.write.startsWith('/') ? attempt.write : `${cwd}/${attempt.write}`;
    return { name: 'create_file', input: { path, content: 'x' } };
  },
  elsewhere: ({ outside }) => ({ name: 'Bash', input: { cmd: 'echo x > elsewhere', cwd: outside } }),
  changing: ({ cwd, file }) => [
    { name: 'Bash', input: { cmd: `touch '${file()}'` } },
    { name: 'create_file', input: { path: join(cwd, 'written'), content: 'x' } },
    { name: 'edit_file', input: { path: join(cwd, 'known'), old_str: 'known', new_str: 'changed' } },
  ],
  subagent: (task) => ({ name: 'Task', input: { prompt: task, description: 'make' } }),
  refusesBy: 'amp.permissions: Bash',
});
